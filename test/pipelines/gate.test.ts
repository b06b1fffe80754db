import { appendFile, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createFileStore } from '../../model-store/backends/file.ts'
import { verifyDirectory } from '../../model-store/verify.ts'
import { addToCandidate } from '../../pipelines/candidate.ts'
import { OUT_OF_SCOPE } from '../../pipelines/data/data-set.ts'
import type { Evaluation } from '../../pipelines/evaluate/evaluation.ts'
import { checkFloors } from '../../pipelines/gate/check-floors.ts'
import { gateStep } from '../../pipelines/gate/command.ts'
import { compare } from '../../pipelines/gate/compare.ts'
import { DEFAULT_LIMITS, type FloorName, readLimits } from '../../pipelines/gate/floors.ts'
import { type GateOptions, gate } from '../../pipelines/gate/gate.ts'
import { readGateReport } from '../../pipelines/gate/gate-report.ts'
import { judge } from '../../pipelines/gate/judge.ts'
import { mcnemar } from '../../pipelines/gate/mcnemar.ts'
import { pairedBootstrap } from '../../pipelines/gate/paired-bootstrap.ts'
import { summarize } from '../../pipelines/gate/summary.ts'
import { EXIT } from '../../pipelines/step.ts'
import { RUN_FILE, withCandidateRun } from '../../pipelines/tracking/candidate-run.ts'
import { localTracker } from '../../pipelines/tracking/local-tracker.ts'
import type { Run } from '../../pipelines/tracking/tracker.ts'
import { type FakeCandidateOptions, fakeDataSet, fakeEvaluation, writeFakeCandidate, writeFakeDataSet } from './fake-candidate.ts'

const MODEL = { name: 'fake', version: '1.1.0', digest: 'x' }
const DEFAULTS = { limits: DEFAULT_LIMITS, overrideReason: null }

t.test('McNemar as statsmodels 0.15.0 has it: mcnemar(table, exact=True)', async t => {
  const references: Array<[number, number, number]> = [
    [2, 9, 0.0654296875],
    [10, 3, 0.09228515625],
    [0, 6, 0.03125],
    [5, 5, 1],
    [121, 59, 4.4344492637551645e-06],
    [1030, 980, 0.27441437350600284]
  ]
  for (const [b, c, p] of references) {
    t.ok(Math.abs(mcnemar(b, c) / p - 1) < 1e-9, `${b} : ${c} gives ${mcnemar(b, c)}`)
    t.equal(mcnemar(c, b), mcnemar(b, c))
  }
  t.equal(mcnemar(0, 0), 1, 'two models that never differ')
})

t.test('the paired bootstrap as scipy 1.17.1 and scikit-learn 1.9.1 have it', async t => {
  const classes = ['a', 'b', 'c']
  const outcomes = Array.from({ length: 90 }, (_, i) => {
    const wrong = (cond: boolean) => classes[(i + (cond ? 1 : 0)) % 3]!
    return { truth: classes[i % 3]!, candidate: wrong(i * 7 % 11 === 0), production: wrong(i * 5 % 8 === 0) }
  })
  const options = { resamples: 20_000, seed: 7, confidence: 0.95 }
  const { macroF1, byClass } = pairedBootstrap(outcomes, options)
  const near = (value: number, reference: number, within: number) => t.ok(Math.abs(value - reference) < within, `${value} is near ${reference}`)
  near(macroF1.candidate, 0.9, 1e-12) // f1_score(average='macro')
  near(macroF1.production, 0.8666666666666667, 1e-12)
  near(byClass.b!.difference, 0.9 - 0.8666666666666667, 1e-12) // f1_score(average=None)
  // scipy.stats.bootstrap((items,), difference of f1_score, method='percentile', n_resamples=200_000, rng=default_rng(0))
  near(macroF1.low, -0.056344641803659695, 0.004)
  near(macroF1.high, 0.12444468659930391, 0.004)
  near(byClass.b!.low, -0.07182835820895528, 0.005)
  near(byClass.b!.high, 0.14304993252361664, 0.005)
  near(macroF1.p, 0.4767276163619182, 0.015) // of the same 200,000 resamples, centred
  t.strictSame(pairedBootstrap(outcomes, options).macroF1, macroF1, 'the same seed gives the same interval')
  t.notSame(pairedBootstrap(outcomes, { ...options, seed: 8 }).macroF1, macroF1)
})

t.test('a class that is predicted and never true counts against the true one only', async t => {
  const outcomes = ['a', 'a', 'b', 'b'].map((truth, index) => ({ truth, candidate: index ? truth : 'ghost', production: truth }))
  const { macroF1, byClass } = pairedBootstrap(outcomes, { resamples: 100, seed: 1, confidence: 0.95 })
  t.same(Object.keys(byClass), ['a', 'b'])
  t.equal(macroF1.candidate.toFixed(6), ((2 / 3 + 1) / 2).toFixed(6))
  t.equal(macroF1.production, 1)
})

t.test('an evaluation that reaches every floor passes', async t => {
  const judgement = judge(fakeEvaluation(MODEL), null, DEFAULTS)
  t.match(judgement, { verdict: 'passed', reasons: [], comparison: null })
  t.match(judgement.notes, ['No version is in production: only the floors were checked'])
  t.same(judgement.floors.map(({ name }) => name).sort(), Object.keys(DEFAULT_LIMITS.floors).sort())
})

t.test('each floor fails alone, and says which figure of what', async t => {
  const good = fakeEvaluation(MODEL)
  const overall = (change: Partial<Evaluation['overall']>) => ({ overall: { ...good.overall, ...change } })
  const behaviour = (kind: string) => ({ behaviour: good.behaviour.map(test => test.kind === kind ? { ...test, passed: 10 } : test) })
  const bad: Record<FloorName, [Partial<Evaluation>, RegExp]> = {
    macroF1: [overall({ macroF1: 0.8912 }), /^macroF1 is 0.8912, at least 0.9 is needed$/],
    worstClassF1: [{ perClass: { ...good.perClass, blue: { precision: 0.5, recall: 0.5, f1: 0.5, support: 40 } } }, /0\.5 \(blue \(40 items\)\)/],
    worstSliceAccuracy: [{ slices: { language: { ...good.slices.language, de: { ...good.overall, accuracy: 0.6 } } } }, /language de/],
    expectedCalibrationError: [overall({ expectedCalibrationError: 0.051 }), /0\.051, at most 0\.05/],
    outOfScopeCaught: [{ outOfScope: { ...good.outOfScope, caught: 0.79 } }, /0\.79/],
    inScopeLost: [overall({ lost: 0.11 }), /0\.11/],
    latencyP95Ms: [{ latency: { ...good.latency, p95Ms: 251 } }, /251, at most 250/],
    sizeBytes: [{ sizeBytes: 200_000_000 }, /200000000/],
    invariance: [behaviour('invariance'), /weakest: invariance test \(10 of 20\)/],
    direction: [behaviour('direction'), /direction/],
    minimum: [behaviour('minimum'), /minimum/],
    servingParity: [{ parity: { ...good.parity, sameDecision: 0.99 } }, /0\.99/]
  }
  for (const [name, [change, reason]] of Object.entries(bad)) {
    const judgement = judge({ ...good, ...change }, null, DEFAULTS)
    t.equal(judgement.verdict, 'failed', name)
    t.same(judgement.floors.filter(({ passed }) => !passed).map(floor => floor.name), [name])
    t.equal(judgement.reasons.length, 1)
    t.match(judgement.reasons[0], reason)
  }
})

t.test('small classes are not judged alone; what was not measured does not pass', async t => {
  const good = fakeEvaluation(MODEL)
  const rare = { precision: 0, recall: 0, f1: 0, support: DEFAULT_LIMITS.minSupport.class - 1 }
  t.equal(judge({ ...good, perClass: { ...good.perClass, rare } }, null, DEFAULTS).verdict, 'passed')
  const unmeasured = judge({ ...good, perClass: { rare }, behaviour: [], outOfScope: { ...good.outOfScope, items: 0, caught: null } }, null, DEFAULTS)
  t.same(unmeasured.floors.filter(({ passed }) => !passed).map(({ name }) => name), ['worstClassF1', 'outOfScopeCaught', 'invariance', 'direction', 'minimum'])
  t.match(unmeasured.reasons[0], /not known/)
})

t.test('limits come from a file with a reason', async t => {
  const good = fakeEvaluation(MODEL)
  const file = join(t.testdir(), 'floors.json')
  await writeFile(file, JSON.stringify({ reason: 'The trial has no texts out of scope', minSupport: { slice: 50 }, floors: { outOfScopeCaught: null, macroF1: 0.99 }, comparison: { margin: 0.1 } }))
  const chosen = await readLimits(file)
  t.equal(chosen.limits.comparison.margin, 0.1)
  t.equal(chosen.limits.floors.inScopeLost, DEFAULT_LIMITS.floors.inScopeLost)
  const { notes, floors } = judge({ ...good, outOfScope: { ...good.outOfScope, items: 0, caught: null } }, null, chosen)
  t.same(floors.filter(({ passed }) => !passed).map(({ name }) => name), ['macroF1', 'worstSliceAccuracy'], 'no slice has 50 items')
  t.match(notes.join('\n'), /The trial has no texts out of scope\noutOfScopeCaught was not checked/)
  for (const content of ['{"floors":{"macroF1":0.5}}', '{"reason":"because I can","floors":{"macroF2":1}}', '{']) {
    await writeFile(file, content)
    await t.rejects(readLimits(file), { code: 'ERR_USAGE', exitCode: 2 }, content)
  }
})

t.test('not worse than production: non-inferior passes, unproven and worse fail', async t => {
  const versus = (candidateWrong: Record<string, number>, productionWrong: Record<string, number>) =>
    judge(fakeEvaluation(MODEL, { wrong: candidateWrong }), { alias: 'production', version: '1.0.0', evaluation: fakeEvaluation(MODEL, { wrong: productionWrong }) }, DEFAULTS)
  t.match(versus({ red: 4 }, { red: 4 }), { verdict: 'passed', comparison: { macroF1: { difference: 0, low: 0, high: 0, p: 1 }, mcnemar: { p: 1 } } }, 'the same answers')
  t.match(versus({ red: 2 }, { red: 6, blue: 4 }), { verdict: 'passed', comparison: { mcnemar: { onlyCandidateRight: 8, onlyProductionRight: 0 } } }, 'better')
  const unproven = versus({ blue: 4 }, { red: 4 })
  t.equal(unproven.verdict, 'failed', 'equal on the whole, but 8 disagreements of 120 leave too much open')
  t.equal(unproven.reasons.length, 1)
  t.match(unproven.reasons[0], /^It is not shown that the candidate is as good as production.*95 % interval reaches down to -0\.0\d+, below -0\.02$/)
  const worse = versus({ red: 20 }, {})
  t.equal(worse.verdict, 'failed')
  t.match(worse.reasons.join('\n'), /red got worse: F1 0\.6667 after 1 on 40 items/)
})

t.test('a class that got worse fails even where the whole got better', async t => {
  const candidate = fakeEvaluation(MODEL, { wrong: { red: 6 } })
  const production = fakeEvaluation(MODEL, { wrong: { [OUT_OF_SCOPE]: 24 } })
  const { macroF1, byClass } = compare(candidate, production, DEFAULT_LIMITS)
  t.equal(macroF1.passed, true)
  t.same(Object.entries(byClass).filter(([, { passed }]) => !passed).map(([id]) => id), ['blue'], 'red texts went to blue')
  const lenient = { ...DEFAULT_LIMITS, comparison: { ...DEFAULT_LIMITS.comparison, classDrop: 0.2 } }
  t.equal(compare(candidate, production, lenient).byClass.blue!.passed, true)
})

t.test('other items are no comparison', async t => {
  const some = fakeEvaluation(MODEL)
  t.throws(() => compare(some, { ...some, predictions: some.predictions.slice(1) }, DEFAULT_LIMITS), { code: 'ERR_EVALUATION_STALE' })
  t.throws(() => compare({ ...some, predictions: some.predictions.slice(1) }, some, DEFAULT_LIMITS), { code: 'ERR_EVALUATION_STALE' })
})

t.test('the first candidate passes on its floors and carries the report', async t => {
  const { options, directory } = await prepare(t)
  const report = await gate(options)
  t.match(report, { verdict: 'passed', against: { alias: 'production', version: null }, comparison: null, codeVersion: 'abc' })
  const manifest = await verifyDirectory(directory)
  t.match(manifest.metrics, { accuracy: 1, 'gate.passed': 1, 'gate.macroF1': 0.96 })
  const stored = await readGateReport(join(directory, 'gate.json'))
  t.strictSame(stored?.report, report)
  t.match(summarize(report), /worstClassF1\s+0\.95\s+≥ 0\.7\s+ok\s+blue \(40 items\)[^]*verdict: passed/)
})

t.test('a report stands while nothing changed, and is replaced when something did', async t => {
  const { options, directory } = await prepare(t)
  const first = await gate(options)
  t.strictSame(await gate(options), first, 'no second judgement, the time is the same')
  const other = await gate({ ...options, limits: { ...DEFAULTS, limits: { ...DEFAULT_LIMITS, minSupport: { class: 5, slice: 5 } } } })
  t.notSame(other.limits, first.limits)
  await t.resolves(verifyDirectory(directory), 'the checksum of the new report is in the manifest')
  await writeFile(join(directory, 'gate.json'), 'half a rep')
  await t.rejects(gate(options), { code: 'ERR_MODEL_CORRUPT', message: /gate\.json/ })
})

t.test('production is evaluated on the same items, unless its own evaluation is on them', async t => {
  const { options, store, directory } = await prepare(t, { version: '1.1.0' })
  const old = `${directory}-old`
  await writeFakeCandidate(old, { version: '1.0.0', evaluation: { wrong: { red: 3 } } })
  await store.publish(old)
  await store.setAlias('fake', 'production', '1.0.0', { expected: null, by: 'test' })
  const own = await gate({ ...options, evaluateStored: async () => { throw new Error('not needed') } })
  t.match(own, { against: { version: '1.0.0' }, comparison: { mcnemar: { onlyCandidateRight: 3, onlyProductionRight: 0 } } })

  const dataSet = fakeDataSet('e'.repeat(64))
  await writeFakeCandidate(directory, { version: '1.1.0', evaluation: { dataSet } })
  const evaluated: string[] = []
  const again = await gate({
    ...options,
    dataSet,
    evaluateStored: async model => {
      evaluated.push(model.manifest.version)
      return fakeEvaluation({ name: 'fake', version: '1.0.0', digest: '' }, { dataSet, wrong: { blue: 5 } })
    }
  })
  t.same(evaluated, ['1.0.0'])
  t.equal(again.comparison?.mcnemar.onlyCandidateRight, 5)
})

t.test('refuses evidence of something else', async t => {
  const { options, directory } = await prepare(t)
  await t.rejects(gate({ ...options, split: 'validation' }), { code: 'ERR_EVALUATION_STALE', message: /other items: test of colours 1\.0\.0.*asked for is validation/ })
  await t.rejects(gate({ ...options, dataSet: fakeDataSet('e'.repeat(64)) }), { code: 'ERR_EVALUATION_STALE' })
  await t.rejects(gate({ ...options, against: 'champion' }), { code: 'ERR_ALIAS_NOT_FOUND' })

  const content = await readFile(join(directory, 'head.json'), 'utf8')
  await appendFile(join(directory, 'head.json'), ' ')
  await t.rejects(gate(options), { code: 'ERR_MODEL_CORRUPT', message: /head\.json/ }, 'a file that was tampered with')
  await addToCandidate(directory, ['head.json'])
  await t.rejects(gate(options), { code: 'ERR_EVALUATION_STALE', message: /run evaluate again/ }, 'a file that was replaced after the evaluation')
  await writeFile(join(directory, 'head.json'), content)
  await addToCandidate(directory, ['head.json'])
  await t.resolves(gate(options))

  await writeFile(join(directory, 'evaluation.json'), '{}')
  await addToCandidate(directory, ['evaluation.json'])
  await t.rejects(gate(options), { code: 'ERR_EVALUATION_INVALID' })
})

t.test('floors are checked on the figure, not on a rounded one', async t => {
  const { macroF1 } = DEFAULT_LIMITS.floors
  const good = fakeEvaluation(MODEL)
  const at = (value: number) => checkFloors({ ...good, overall: { ...good.overall, macroF1: value } }, DEFAULT_LIMITS)[0]!.passed
  t.equal(at(macroF1!), true)
  t.equal(at(macroF1! - 1e-9), false)
})

t.test('the step says by its exit code what the gate said, and prints the report either way', async t => {
  const { directory } = await prepare(t)
  const data = `${directory}-data`
  await writeFakeDataSet(data)
  const args = ['--candidate', directory, '--data', data, '--store', `file:${directory}-store`]
  t.match(await gateStep.run(args, {}), { verdict: 'passed' })
  const floors = `${directory}-floors.json`
  await writeFile(floors, JSON.stringify({ reason: 'to see it fail', floors: { macroF1: 0.99 } }))
  await t.rejects(gateStep.run([...args, '--floors', floors], {}), {
    code: 'ERR_GATE_FAILED', exitCode: EXIT.gate, result: { verdict: 'failed', reasons: ['macroF1 is 0.96, at least 0.99 is needed'] }
  })
  await t.rejects(gateStep.run(['--candidate', directory], {}), { code: 'ERR_USAGE' })
  await t.rejects(gateStep.run([...args, '--split', 'dev'], {}), { code: 'ERR_USAGE', message: /train, validation, test/ })
})

t.test('what is recorded goes to the run that made the candidate', async t => {
  const { directory } = await prepare(t)
  const tracker = localTracker(`${directory}-runs`)
  const record = async (run: Run) => { await run.tags({ gate: 'passed' }); return undefined }
  await withCandidateRun(tracker, directory, 'gate', record)
  await t.rejects(readdir(`${directory}-runs`), { code: 'ENOENT' }, 'a candidate that no run made')

  const made = await tracker.open({ name: 'train', tags: {} })
  await writeFile(join(directory, RUN_FILE), JSON.stringify({ id: made.id }))
  await withCandidateRun(tracker, directory, 'gate', record)
  const said = async (id: string) => await readFile(join(`${directory}-runs`, id, 'record.jsonl'), 'utf8')
  t.match(await said(made.id), /"gate":"passed"/)
  t.notMatch(await said(made.id), /"end"/, 'the next step goes on with it')

  await withCandidateRun(tracker, directory, 'promote', async () => 'FINISHED')
  t.match(await said(made.id), /"end":"FINISHED"/)
  await withCandidateRun(tracker, directory, 'gate', record)
  const [own] = (await readdir(`${directory}-runs`)).filter(id => id !== made.id)
  t.match(await said(own!), new RegExp(`"candidateRun":"${made.id}"[^]*"gate":"passed"[^]*"end":"FINISHED"`), 'a run of its own')
})

async function prepare (t: Test, candidate: FakeCandidateOptions = {}) {
  const root = t.testdir()
  const directory = join(root, 'candidate')
  await writeFakeCandidate(directory, candidate)
  const store = createFileStore(join(root, 'store'))
  const options: GateOptions = {
    directory, store, dataSet: fakeDataSet(), split: 'test', limits: DEFAULTS, codeVersion: 'abc', evaluateStored: async () => { throw new Error('nothing is in production') }
  }
  return { directory, store, options }
}
