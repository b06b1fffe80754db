import { execFile } from 'node:child_process'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import t, { type Test } from 'tap'
import { createFileStore } from '../../model-store/backends/file.ts'
import type { ModelStore } from '../../model-store/store.ts'
import { addToCandidate } from '../../pipelines/candidate.ts'
import { digestOf } from '../../pipelines/data/data-set.ts'
import { DEFAULT_LIMITS } from '../../pipelines/gate/floors.ts'
import { type GateOptions, gate } from '../../pipelines/gate/gate.ts'
import { historyTable } from '../../pipelines/promote/history-table.ts'
import { promote } from '../../pipelines/promote/promote.ts'
import { register } from '../../pipelines/promote/register.ts'
import { rollback } from '../../pipelines/promote/rollback.ts'
import { EXIT } from '../../pipelines/step.ts'
import { type FakeCandidateOptions, fakeDataSet, writeFakeCandidate } from './fake-candidate.ts'

const FAILS = { evaluation: { sizeBytes: 1e9 } }

t.test('from the gate to production, with the log', async t => {
  const { store, by, toStore } = await stage(t)
  await toStore('1.0.0')
  t.same(await promote('1.0.0', by('ann')), { name: 'fake', version: '1.0.0', from: null, moved: true })
  t.same(await store.aliases('fake'), { production: '1.0.0' }, 'nothing was there before')

  await toStore('1.1.0')
  t.same(await promote('1.1.0', by('bob')), { name: 'fake', version: '1.1.0', from: '1.0.0', moved: true })
  t.same(await store.aliases('fake'), { production: '1.1.0', previous: '1.0.0' })
  const { directory } = await store.fetch('fake', '1.1.0')
  const gateReport = digestOf(await readFile(join(directory, 'gate.json')))
  t.match((await store.promotions('fake')).at(-1), { alias: 'production', from: '1.0.0', to: '1.1.0', by: 'bob', gateReport })

  t.same(await promote('1.1.0', by('bob')), { name: 'fake', version: '1.1.0', from: '1.1.0', moved: false })
  t.equal((await store.promotions('fake')).length, 3, 'what is in production already is not moved again')
})

t.test('registers the same model once, and no other under its version', async t => {
  const { store, candidate, judge } = await stage(t)
  const directory = await candidate('1.0.0')
  await t.rejects(register(directory, { store }), { code: 'ERR_GATE_MISSING', exitCode: EXIT.gate })
  await judge(directory)
  t.same(await register(directory, { store }), { name: 'fake', version: '1.0.0', gate: 'passed', published: true })
  t.match(await store.fetch('fake', '1.0.0'), { manifest: { metrics: { 'gate.passed': 1 } } })
  t.same(await register(directory, { store }), { name: 'fake', version: '1.0.0', gate: 'passed', published: false })

  const rebuilt = await candidate('1.0.0', { evaluation: { createdAt: '2026-02-02T03:04:05Z' } })
  await judge(rebuilt)
  t.match(await register(rebuilt, { store }), { published: false }, 'reports of another day are no other model')

  const other = await candidate('1.0.0', { mark: 'other weights' })
  await judge(other)
  await t.rejects(register(other, { store }), { code: 'ERR_VERSION_EXISTS', message: /another model/ })
})

t.test('refuses what changed after the gate', async t => {
  const { store, candidate, judge } = await stage(t)
  const directory = await candidate('1.0.0')
  await judge(directory)
  await appendFile(join(directory, 'model.onnx'), '!')
  await t.rejects(register(directory, { store }), { code: 'ERR_MODEL_CORRUPT', message: /model\.onnx/ })
  await addToCandidate(directory, ['model.onnx'])
  await t.rejects(register(directory, { store }), { code: 'ERR_GATE_STALE', message: /run the gate again/ })

  const reevaluated = await candidate('1.0.0')
  await judge(reevaluated)
  await appendFile(join(reevaluated, 'evaluation.json'), '\n')
  await addToCandidate(reevaluated, ['evaluation.json'])
  await t.rejects(register(reevaluated, { store }), { code: 'ERR_GATE_STALE', message: /evaluation\.json of fake 1\.0\.0 changed/ })
  t.same(await store.versions('fake'), [])
})

t.test('a tampered artefact in the store is not promoted', async t => {
  const { store, by, toStore } = await stage(t)
  await toStore('1.0.0')
  const { directory } = await store.fetch('fake', '1.0.0')
  await appendFile(join(directory, 'head.json'), ' ')
  await t.rejects(promote('1.0.0', by('ann')), { code: 'ERR_MODEL_CORRUPT', message: /head\.json/ })
  t.same(await store.aliases('fake'), {})
})

t.test('a gate that said no moves nothing', async t => {
  const { store, by, candidate, judge, toStore } = await stage(t)
  await toStore('1.0.0')
  await promote('1.0.0', by('ann'))
  const before = await store.promotions('fake')
  const directory = await candidate('1.1.0', FAILS)
  await judge(directory)
  await t.rejects(register(directory, { store }), { code: 'ERR_GATE_FAILED', exitCode: EXIT.gate, message: /sizeBytes is 1000000000/ })
  t.same(await store.versions('fake'), ['1.0.0'])
  t.match(await register(directory, { store, evenIfFailed: true }), { gate: 'failed', published: true })
  await t.rejects(promote('1.1.0', by('ann')), { code: 'ERR_GATE_FAILED', exitCode: EXIT.gate })
  t.same(await store.aliases('fake'), { production: '1.0.0' })
  t.same(await store.promotions('fake'), before)
})

t.test('production that moved since the gate needs a new report', async t => {
  const { store, root, by, toStore, candidate, judge } = await stage(t)
  await toStore('1.0.0')
  await promote('1.0.0', by('ann'))
  const late = await toStore('1.2.0')
  await toStore('1.1.0')
  await promote('1.1.0', by('ann'))
  await t.rejects(promote('1.2.0', by('ann')), { code: 'ERR_PRODUCTION_MOVED', exitCode: EXIT.gate, message: /compared with 1\.0\.0, in production is 1\.1\.0/ })
  await judge(late)
  const gateFile = join(late, 'gate.json')
  t.match(await promote('1.2.0', { ...by('ann'), gateFile }), { from: '1.1.0', moved: true })
  t.match((await store.promotions('fake')).at(-1), { gateReport: digestOf(await readFile(gateFile)) }, 'the log names the report that counted')

  await toStore('1.3.0')
  await judge(await candidate('1.3.0', { mark: 'other weights' }))
  await t.rejects(promote('1.3.0', { ...by('ann'), gateFile: join(root, '1.3.0', 'gate.json') }), { code: 'ERR_GATE_STALE' }, 'a report of another model')
  await t.rejects(promote('1.3.0', { ...by('ann'), gateFile: join(root, 'none.json') }), { code: 'ERR_GATE_MISSING', message: /none\.json/ })
  await writeFile(join(root, 'none.json'), '{}')
  await t.rejects(promote('1.3.0', { ...by('ann'), gateFile: join(root, 'none.json') }), { code: 'ERR_GATE_INVALID' })
})

t.test('of processes that promote at once one wins, and the others hear of it', async t => {
  const { store, root, by, toStore } = await stage(t)
  await toStore('1.0.0')
  await promote('1.0.0', by('ann'))
  const versions = ['1.1.0', '1.2.0', '1.3.0']
  for (const version of versions) await toStore(version)
  const outcomes = await Promise.all(versions.map(async version => await promoteInProcess(version, join(root, 'store'))))
  const winners = outcomes.filter(({ code }) => code === undefined)
  t.equal(winners.length, 1, JSON.stringify(outcomes))
  const [winner] = winners
  for (const { code, message } of outcomes.filter(outcome => outcome !== winner)) {
    // Which of the two depends on whether it read the aliases before or after the winner moved them.
    t.match(code, /^ERR_(ALIAS_CONFLICT|PRODUCTION_MOVED)$/)
    t.match(message, /another move came first: (production|previous) went from|in production is 1\./)
  }
  t.same(await store.aliases('fake'), { production: winner!.version, previous: '1.0.0' })
  const moves = (await store.promotions('fake')).filter(({ alias }) => alias === 'production')
  t.match(moves, [{ to: '1.0.0' }, { from: '1.0.0', to: winner!.version, by: `process ${winner!.version}` }])
  t.equal(moves.length, 2)
})

t.test('the loser is told which move came first', async t => {
  const { store, by, toStore } = await stage(t)
  for (const version of ['1.0.0']) await toStore(version)
  await promote('1.0.0', by('ann'))
  for (const version of ['1.1.0', '1.2.0']) await toStore(version)
  const slow = {
    ...store,
    promotions: async (name: string) => { // between what it read and what it moves, the other is done
      const log = await store.promotions(name)
      if (!log.some(({ to }) => to === '1.2.0')) await promote('1.2.0', by('bob'))
      return log
    }
  }
  await t.rejects(promote('1.1.0', { ...by('ann'), store: slow }), {
    code: 'ERR_ALIAS_CONFLICT', exitCode: EXIT.gate, message: /fake 1\.1\.0 is not in production.*production went from 1\.0\.0 to 1\.2\.0 by bob at 20/
  })
  t.same(await store.aliases('fake'), { production: '1.2.0', previous: '1.0.0' })
})

t.test('a promotion that died between its moves is completed by the same command', async t => {
  const { store, by, toStore } = await stage(t)
  for (const version of ['1.0.0', '1.1.0']) {
    await toStore(version)
    await promote(version, by('ann'))
  }
  await toStore('1.2.0')
  await t.rejects(promote('1.2.0', { ...by('ann'), store: dying(store, 'production') }), /killed/)
  t.same(await store.aliases('fake'), { production: '1.1.0', previous: '1.1.0' })
  await t.rejects(rollback(by('ann')), { code: 'ERR_NO_PREVIOUS', message: /both point at 1\.1\.0.*Repeat that promotion/ })
  t.match(await promote('1.2.0', by('ann')), { from: '1.1.0', moved: true })
  t.same(await store.aliases('fake'), { production: '1.2.0', previous: '1.1.0' })
})

t.test('rollback goes back, and forth again', async t => {
  const { store, by, toStore } = await stage(t)
  await t.rejects(rollback(by('ann')), { code: 'ERR_ALIAS_NOT_FOUND' })
  await toStore('1.0.0')
  await promote('1.0.0', by('ann'))
  await t.rejects(rollback(by('ann')), { code: 'ERR_NO_PREVIOUS', message: /1\.0\.0 is the first/ })
  t.same(await store.aliases('fake'), { production: '1.0.0' })

  await toStore('1.1.0')
  await promote('1.1.0', by('ann'))
  t.same(await rollback({ ...by('eve'), reason: 'sends everything to garden' }), { name: 'fake', version: '1.0.0', from: '1.1.0' })
  t.same(await store.aliases('fake'), { production: '1.0.0', previous: '1.1.0' })
  const log = await store.promotions('fake')
  t.match(log.at(-2), { alias: 'production', from: '1.1.0', to: '1.0.0', by: 'eve', gateReport: null, reason: 'sends everything to garden' })
  t.match(historyTable(log), /production\s+1\.1\.0\s+1\.0\.0\s+eve\s+-\s+sends everything to garden/)

  t.same(await rollback(by('eve')), { name: 'fake', version: '1.1.0', from: '1.0.0' })
  t.same(await store.aliases('fake'), { production: '1.1.0', previous: '1.0.0' })
})

t.test('what was rolled back comes back only when somebody says so', async t => {
  const { store, by, toStore } = await stage(t)
  for (const version of ['1.0.0', '1.1.0']) {
    await toStore(version)
    await promote(version, by('ann'))
  }
  await rollback({ ...by('eve'), reason: 'complaints' })
  await t.rejects(promote('1.1.0', by('schedule')), { code: 'ERR_ROLLED_BACK', exitCode: EXIT.gate, message: /rolled back to 1\.0\.0 by eve.*\(complaints\).*--again/ })
  t.match(await promote('1.1.0', { ...by('ann'), again: true }), { moved: true })
  t.same(await store.aliases('fake'), { production: '1.1.0', previous: '1.0.0' })
})

t.test('a rollback that died between its moves is completed by the same command', async t => {
  const { store, by, toStore } = await stage(t)
  for (const version of ['1.0.0', '1.1.0']) {
    await toStore(version)
    await promote(version, by('ann'))
  }
  await t.rejects(rollback({ ...by('eve'), store: dying(store, 'previous') }), /killed/)
  t.same(await store.aliases('fake'), { production: '1.0.0', previous: '1.0.0' }, 'production is back')
  t.same(await rollback(by('eve')), { name: 'fake', version: '1.0.0', from: '1.1.0' })
  t.same(await store.aliases('fake'), { production: '1.0.0', previous: '1.1.0' })
})

t.test('rolls back to nothing that is damaged', async t => {
  const { store, by, toStore } = await stage(t)
  for (const version of ['1.0.0', '1.1.0']) {
    await toStore(version)
    await promote(version, by('ann'))
  }
  await appendFile(join((await store.fetch('fake', '1.0.0')).directory, 'model.onnx'), '!')
  await t.rejects(rollback(by('eve')), { code: 'ERR_MODEL_CORRUPT' })
  t.same(await store.aliases('fake'), { production: '1.1.0', previous: '1.0.0' })
})

async function stage (t: Test) {
  const root = t.testdir()
  const store = createFileStore(join(root, 'store'))
  const by = (who: string) => ({ store, name: 'fake', by: who })

  async function candidate (version: string, options: Omit<FakeCandidateOptions, 'version'> = {}): Promise<string> {
    const directory = join(root, version)
    await writeFakeCandidate(directory, { ...options, version })
    return directory
  }

  async function judge (directory: string): Promise<void> {
    const options: GateOptions = {
      directory, store, dataSet: fakeDataSet(), split: 'test', limits: { limits: DEFAULT_LIMITS, overrideReason: null }, codeVersion: 'abc', evaluateStored: async () => { throw new Error('each version has its own') }
    }
    await gate(options)
  }

  async function toStore (version: string): Promise<string> {
    const directory = await candidate(version)
    await judge(directory)
    await register(directory, { store })
    return directory
  }
  return { root, store, by, candidate, judge, toStore }
}

/** A store whose process dies before it moves an alias. */
function dying (store: ModelStore, before: string): ModelStore {
  return {
    ...store,
    setAlias: async (name, alias, version, move) => {
      if (alias === before) throw new Error('killed')
      return await store.setAlias(name, alias, version, move)
    }
  }
}

interface ProcessOutcome { version: string, code?: string, message?: string }

async function promoteInProcess (version: string, folder: string): Promise<ProcessOutcome> {
  const extension = extname(import.meta.url)
  const module = (path: string) => JSON.stringify(new URL(`../../${path}${extension}`, import.meta.url).href)
  const script = `
    const { createFileStore } = await import(${module('model-store/backends/file')})
    const { promote } = await import(${module('pipelines/promote/promote')})
    const outcome = await promote('${version}', { store: createFileStore(${JSON.stringify(folder)}), name: 'fake', by: 'process ${version}' })
      .then(() => ({}), ({ code, message }) => ({ code, message }))
    console.log(JSON.stringify(outcome))`
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, ['--input-type=module', '--eval', script], (error, stdout) => {
      if (error) reject(error)
      else resolve({ version, ...JSON.parse(stdout) })
    })
  })
}
