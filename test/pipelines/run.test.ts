import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openModelStore } from '../../model-store/open.ts'
import { verifyDirectory } from '../../model-store/verify.ts'
import { readCandidate, writeCandidate } from '../../pipelines/candidate.ts'
import { runStep } from '../../pipelines/run/command.ts'
import { writeTinyEncoder } from './tiny-model.ts'
import { WORKSHOP_TAXONOMY, workshopInquiries } from './workshop.ts'

const folder = t.testdir({
  'mine.jsonl': workshopInquiries().map(row => JSON.stringify(row) + '\n').join(''),
  'taxonomy.json': JSON.stringify(WORKSHOP_TAXONOMY),
  'limits.json': '{"maxNearDuplicates":1,"minPerLabel":5}',
  'strict.json': '{"reason":"nothing can reach this: the gate must say no","floors":{"macroF1":1.1}}',
  'loose.json': JSON.stringify({ reason: 'four desks, for a test', minSupport: { class: 4, slice: 10 }, floors: { outOfScopeCaught: null, minimum: null, direction: null } }),
  'typo.json': '{"reason":"a limit that is none","floors":{"macroF":0.6}}'
})
const at = (name: string) => join(folder, name)
const name = `run-${process.pid}`
const candidate = `.cache/candidates/${name}-1.0.0`
t.teardown(async () => await rm(candidate, { recursive: true, force: true }))
await writeTinyEncoder(at('encoder'))

const run = async (...more: string[]) => await runStep.run(['--input', at('mine.jsonl'), '--name', name, '--data-name', 'workshop', '--data-root', at('data'), '--taxonomy', at('taxonomy.json'), '--limits', at('limits.json'),
  '--store', `file:${at('models')}`, ...more], {})
const refused = async () => await t.rejects(run('--encoder', at('encoder'), '--floors', at('strict.json')), { code: 'ERR_GATE_FAILED', exitCode: 3 })

t.test('a training that its tracker did not hear the end of is recorded by the next run, and not done again', async t => {
  await refused()
  const { files, createdAt, ...manifest } = await verifyDirectory(candidate)
  const runOf = async () => JSON.parse(await readFile(join(candidate, 'run.json'), 'utf8')).id as string
  const first = await runOf()
  await writeCandidate(candidate, { ...manifest, createdAt }, files.map(({ path }) => path).filter(path => path !== 'run.json'))
  await rm(join(candidate, 'run.json'))

  await refused()
  const second = await runOf()
  t.teardown(async () => await Promise.all([first, second].map(async id => await rm(join('.cache/runs', id), { recursive: true, force: true }))))
  t.not(second, first)
  t.equal((await readCandidate(candidate)).createdAt, createdAt)
  const record = await readFile(join('.cache/runs', second, 'record.jsonl'), 'utf8')
  for (const said of ['"head.maxIterations"', '"validation.accuracy"', '"context":"test"', '"gate":"failed"']) t.match(record, said)
  t.strictSame((await readdir(join('.cache/runs', second, 'artefacts'))).sort(), ['MODEL_CARD.md', 'evaluation.html', 'evaluation.json', 'gate.json', 'manifest.json'])
  await refused()
  t.equal(await runOf(), second)
})

t.test('a version that was registered and not promoted is promoted by the next run; later ones leave it', async t => {
  const args = ['--encoder', at('encoder'), '--floors', at('loose.json')]
  t.match(await run(...args), { train: { unchanged: true }, register: { published: true }, promote: { moved: true } })
  const unchanged = { unchanged: /1\.0\.0 is of the same data/ }
  t.match(await run(...args), { ...unchanged, promote: undefined })
  for (const file of ['aliases.json', 'promotions.jsonl']) await rm(join(at('models'), name, file))
  t.match(await run(...args), { ...unchanged, promote: { from: null, moved: true } })
  t.equal(await openModelStore(`file:${at('models')}`).resolve(name, 'production'), '1.0.0')
})

t.test('what cannot work is told before anything is trained', async t => {
  t.teardown(async () => await writeTinyEncoder(at('encoder')))
  await t.rejects(run('--encoder', at('encoder'), '--floors', at('typo.json'), '--force'), { code: 'ERR_USAGE', exitCode: 2, message: /typo\.json.*macroF/ })
  await t.rejects(run('--name', 'nobody'), { code: 'ERR_USAGE', exitCode: 2, message: /No version of nobody is in production.*--encoder/ })
  await rm(at('encoder/model.onnx'))
  await t.rejects(run('--encoder', at('encoder')), { code: 'ERR_USAGE', message: /encoder has no model\.onnx/ })
  await writeFile(at('taxonomy.json'), '{"name": "cut off"')
  await t.rejects(run('--encoder', at('encoder')), { code: 'ERR_TAXONOMY', exitCode: 4, message: /taxonomy\.json is no JSON/ })
  await rm(at('taxonomy.json'))
  await t.rejects(run('--encoder', at('encoder')), { code: 'ERR_TAXONOMY', exitCode: 4, message: /taxonomy\.json cannot be read/ })
})
