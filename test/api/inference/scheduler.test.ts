import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { monotonicMs } from '../../../api/inference/clock.ts'
import { type AdmissionRequest, Scheduler, type SchedulerOptions } from '../../../api/inference/scheduler.ts'
import type { Ticket } from '../../../api/inference/ticket.ts'
import { WorkerPool } from '../../../api/inference/worker-pool.ts'
import type { WorkerOptions } from '../../../api/inference/worker-protocol.ts'
import { BEHAVIOUR, type Behaviour } from './fake-behaviour.ts'

/** Far enough that no test reaches it. */
const LONG_MS = 60_000
const FAKE_WORKER = new URL(`./fake.worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

function fakeWorker (log: string): WorkerOptions {
  return { file: FAKE_WORKER, modelPath: log, outputName: 'output', warmupTokens: [10, 20] }
}

/** A scheduler over fake workers. A text of n ids is predicted to take n milliseconds. */
async function start (t: Test, options: Partial<SchedulerOptions> = {}) {
  const log = join(t.testdir(), 'log')
  const dropped: string[] = []
  const lost: Array<{ reason: string, ready: number, message: string | undefined }> = []
  const scheduler = await Scheduler.start({
    workers: 1,
    worker: fakeWorker(log),
    maxQueue: 100,
    hangMs: LONG_MS,
    observer: {
      dropped (reason) { dropped.push(reason) },
      workerLost (reason, error) { lost.push({ reason, ready: scheduler.workers.ready, message: error?.message }) }
    },
    ...options
  })
  t.teardown(() => scheduler.close(0))
  const admit = (admission: Partial<AdmissionRequest> & { timeLeft?: number } = {}): Ticket => {
    const { timeLeft = LONG_MS, ...rest } = admission
    const ticket = scheduler.admit({ tokens: [2], deadlineAt: monotonicMs() + timeLeft, ...rest })
    t.teardown(() => ticket.close())
    return ticket
  }
  const run = (ticket: Ticket, behaviour: Behaviour, argument = 0, length = 2) => scheduler.run(ticket, text(behaviour, argument, length))
  const open = (gate: number) => writeFileSync(`${log}.gate-${gate}`, '')

  /** Texts that a worker began, in order: their second id. */
  const begun = () => readFileSync(log, 'utf8').trim().split('\n').map(line => Number(line.split(',')[1]))

  /** Fills the one worker: gate 0 runs, and a text waits in the worker behind it, so that what comes next stays in the queue. */
  function occupy () {
    const ticket = admit()
    const blocked = [run(ticket, BEHAVIOUR.gate, 0), run(ticket, BEHAVIOUR.echo, 1)]
    return { blocked, release: async () => { open(0); await Promise.all(blocked) } }
  }
  return { scheduler, log, dropped, lost, admit, run, open, begun, occupy }
}

function text (behaviour: Behaviour, argument: number, length: number): Int32Array {
  const ids = new Int32Array(length)
  ids.set([behaviour, argument])
  return ids
}

t.test('answers what the worker gave, with its times', async t => {
  const { admit, run, scheduler } = await start(t)
  const { output, modelMs, queueMs } = await run(admit(), BEHAVIOUR.echo, 7, 4)
  t.same([...output], [BEHAVIOUR.echo, 7, 0, 0])
  t.equal(modelMs, 4, 'as the worker says')
  t.type(queueMs, 'number')
  t.same(scheduler.workers, { ready: 1, configured: 1 })
})

t.test('runs as many texts at once as there are workers', async t => {
  const { admit, run, open, scheduler } = await start(t, { workers: 2 })
  const ticket = admit()
  t.equal(scheduler.workers.ready, 2)
  const first = run(ticket, BEHAVIOUR.gate, 1)
  await run(ticket, BEHAVIOUR.echo, 2) // the other worker's, as the first waits at its gate
  open(1)
  await t.resolves(first)
})

t.test('replaces a worker that ends, and runs its text once more', async t => {
  const { admit, run, lost, begun } = await start(t)
  const ticket = admit()
  const [unlucky, behind] = await Promise.all([run(ticket, BEHAVIOUR.exitOnce, 1), run(ticket, BEHAVIOUR.echo, 2)])
  t.same([...unlucky.output], [BEHAVIOUR.exitOnce, 1])
  t.same([...behind.output], [BEHAVIOUR.echo, 2])
  t.same(begun(), [1, 1, 2], 'the text behind was not begun, and keeps its place')
  t.same(lost, [{ reason: 'exited', ready: 0, message: undefined }], 'meanwhile no worker counted as ready')
})

t.test('gives up on a text that loses its worker twice, and on that text only', async t => {
  const { admit, run, lost, begun, scheduler } = await start(t)
  const ticket = admit()
  const poison = run(ticket, BEHAVIOUR.throw, 1)
  const neighbours = [2, 3, 4].map(number => run(ticket, BEHAVIOUR.echo, number))
  await t.rejects(poison, { code: 'ERR_INFERENCE_FAILED' })
  t.same((await Promise.all(neighbours)).map(({ output }) => output[1]), [2, 3, 4])
  t.same(begun(), [1, 1, 2, 3, 4])
  t.same(lost.map(({ message }) => message), ['thrown on 1', 'thrown on 1'], 'the observer hears why')
  t.equal(scheduler.workers.ready, 1)
})

t.test('refuses with ERR_NOT_READY while there is no worker, and waits for one with what it took', async t => {
  const { scheduler, admit, run, log, lost } = await start(t)
  const ticket = admit()
  writeFileSync(`${log}.no-start`, '')
  const running = run(ticket, BEHAVIOUR.exitOnce, 1)
  await until(() => lost.length >= 3) // the first worker, and replacements that cannot start
  t.throws(() => admit(), { code: 'ERR_NOT_READY', retryAfterMs: Number })
  t.equal(scheduler.workers.ready, 0)
  t.match(lost.map(({ message }) => message), [undefined, 'The fake model cannot be loaded', 'The fake model cannot be loaded'])
  rmSync(`${log}.no-start`)
  t.match(await running, { output: { 1: 1 } })
  t.equal(scheduler.workers.ready, 1)
  t.doesNotThrow(() => admit())
})

t.test('answers ERR_INFERENCE_FAILED when the run fails, and keeps the worker', async t => {
  const { admit, run, lost } = await start(t)
  const ticket = admit()
  await t.rejects(run(ticket, BEHAVIOUR.fail, 5), { code: 'ERR_INFERENCE_FAILED', cause: { message: 'failed on 5' } })
  t.match(await run(ticket, BEHAVIOUR.echo, 6), { output: { 1: 6 } })
  t.same(lost, [])
})

t.test('replaces a worker that hangs; the others go on', async t => {
  const { admit, run, lost, scheduler } = await start(t, { workers: 2, hangMs: 200 })
  const ticket = admit()
  const hung = run(ticket, BEHAVIOUR.loop, 1)
  await t.rejects(hung, { code: 'ERR_INFERENCE_FAILED' }, 'it was tried twice')
  t.same(lost.map(({ reason }) => reason), ['hung', 'hung'])
  t.equal(lost[0]!.ready, 1, 'the other worker stayed ready')
  t.same((await Promise.all([2, 3].map(number => run(ticket, BEHAVIOUR.echo, number)))).map(({ output }) => output[1]), [2, 3])
  await until(() => scheduler.workers.ready === 2)
})

t.test('refuses what the queue cannot hold', async t => {
  const { admit, run, occupy, scheduler } = await start(t, { maxQueue: 3 })
  const { release } = occupy()
  const ticket = admit()
  const waiting = [2, 3].map(number => run(ticket, BEHAVIOUR.echo, number))
  t.equal(scheduler.queueDepth, 2)
  t.throws(() => admit({ tokens: [2, 2] }), { code: 'ERR_QUEUE_FULL', retryAfterMs: Number })
  t.doesNotThrow(() => admit({ tokens: [2] }), 'one more has room')
  await release()
  await Promise.all(waiting)
  t.equal(scheduler.queueDepth, 0)
})

t.test('refuses at once what cannot be answered by its deadline', async t => {
  const { admit, run, occupy } = await start(t)
  const { release } = occupy()
  const ticket = admit()
  const long = run(ticket, BEHAVIOUR.echo, 2, 1_000) // predicted: a second
  t.throws(() => admit({ timeLeft: 500 }), { code: 'ERR_DEADLINE_UNREACHABLE', detail: /1\d\d\d ms/, retryAfterMs: Number })
  t.doesNotThrow(() => admit({ timeLeft: 3_000 }), 'with more time it is admitted')
  t.throws(() => admit({ timeLeft: 0 }), { code: 'ERR_DEADLINE_EXCEEDED' })
  await release()
  await long
  t.throws(() => admit({ tokens: [400], timeLeft: 300 }), { code: 'ERR_DEADLINE_UNREACHABLE' }, 'its own run takes too long, with nothing ahead')
  t.throws(() => admit({ tokens: [100, 100, 100, 100], timeLeft: 300 }), { code: 'ERR_DEADLINE_UNREACHABLE' }, 'so does the batch')
})

t.test('admits again after a bad spell, though nothing ran since', async t => {
  const { admit, run, occupy } = await start(t)
  await run(admit(), BEHAVIOUR.claim, 4_000) // 2 ms were predicted: now everything seems a hundred times slower
  const probe = admit({ tokens: [10], timeLeft: 500 })
  await run(probe, BEHAVIOUR.echo, 1)
  const { release } = occupy()
  t.throws(() => admit({ tokens: [10], timeLeft: 500 }), { code: 'ERR_DEADLINE_UNREACHABLE' }, 'beside other work the slowness counts')
  await release()
})

t.test('drops unrun what waits past its deadline', async t => {
  const { admit, run, occupy, dropped, begun, scheduler } = await start(t)
  const { release } = occupy()
  const ticket = admit({ timeLeft: 60, tokens: [2, 2] })
  const late = [2, 3].map(number => run(ticket, BEHAVIOUR.echo, number))
  for (const task of late) await t.rejects(task, { code: 'ERR_DEADLINE_EXCEEDED' })
  t.equal(scheduler.queueDepth, 0)
  await t.rejects(run(ticket, BEHAVIOUR.echo, 4), { code: 'ERR_DEADLINE_EXCEEDED' }, 'nor does it begin anything later')
  await release()
  await run(admit(), BEHAVIOUR.echo, 5)
  t.same(begun(), [0, 1, 5])
  t.same(dropped, ['deadline', 'deadline'])
})

t.test('answers at the deadline even while the text runs', async t => {
  const { admit, run, open, dropped } = await start(t)
  const running = run(admit({ timeLeft: 60 }), BEHAVIOUR.gate, 1)
  await t.rejects(running, { code: 'ERR_DEADLINE_EXCEEDED' })
  open(1)
  t.match(await run(admit(), BEHAVIOUR.echo, 2), { output: { 1: 2 } }, 'the late answer went to nobody else')
  t.same(dropped, [], 'it ran, so it was not dropped')
})

t.test('drops unrun what nobody waits for any more', async t => {
  const { admit, run, open, dropped, begun } = await start(t)
  const gate = run(admit(), BEHAVIOUR.gate, 0)
  const client = new AbortController()
  const ticket = admit({ signal: client.signal, tokens: [2, 2, 2] })
  const abandoned = [1, 2, 3].map(number => run(ticket, BEHAVIOUR.echo, number)) // the first of them is in the worker already
  client.abort()
  for (const task of abandoned) await t.rejects(task, { code: 'ERR_DEADLINE_EXCEEDED' })
  open(0)
  await gate
  await run(admit(), BEHAVIOUR.echo, 4)
  t.same(begun(), [0, 4])
  t.same(dropped, ['abandoned', 'abandoned', 'abandoned'])
  const gone = admit({ signal: AbortSignal.abort() })
  await t.rejects(run(gone, BEHAVIOUR.echo, 5), { code: 'ERR_DEADLINE_EXCEEDED' }, 'who left before is not served')
})

t.test('counts as dropped what its worker took along unrun', async t => {
  const { admit, run, dropped, begun } = await start(t, { hangMs: 200 })
  const hung = run(admit(), BEHAVIOUR.loop, 1)
  const behind = run(admit({ timeLeft: 50 }), BEHAVIOUR.echo, 2)
  await t.rejects(behind, { code: 'ERR_DEADLINE_EXCEEDED' })
  await t.rejects(hung, { code: 'ERR_INFERENCE_FAILED' })
  t.same(dropped, ['deadline'])
  t.same(begun(), [1, 1])
})

t.test('lets a single text overtake a batch that came before', async t => {
  const { admit, run, occupy, begun } = await start(t)
  const { release } = occupy()
  const batch = admit({ tokens: new Array(20).fill(2) })
  const batchTexts = Array.from({ length: 20 }, (_, index) => run(batch, BEHAVIOUR.echo, 100 + index))
  const singles = [201, 202].map(number => run(admit(), BEHAVIOUR.echo, number))
  await release()
  await Promise.all([...batchTexts, ...singles])
  t.same(begun().slice(0, 6), [0, 1, 100, 201, 202, 101], 'one text of each request at a turn')
  t.same(begun().slice(6), Array.from({ length: 18 }, (_, index) => 102 + index), 'a batch keeps its order')
})

t.test('ends what runs and what waits before it closes, and takes nothing new', async t => {
  const { admit, run, occupy, scheduler } = await start(t)
  const { release, blocked } = occupy()
  const ticket = admit({ tokens: [2, 2, 2] })
  const waiting = [2, 3, 4].map(number => run(ticket, BEHAVIOUR.echo, number))
  const closed = scheduler.close(LONG_MS)
  t.throws(() => admit(), { code: 'ERR_DRAINING' })
  await release()
  t.equal((await Promise.all([...blocked, ...waiting])).length, 5)
  await closed
  t.equal(scheduler.workers.ready, 0)
  await t.rejects(run(ticket, BEHAVIOUR.echo, 5), { code: 'ERR_DRAINING' })
  await scheduler.close(LONG_MS) // the second one has nothing to wait for
})

t.test('fails at the end of the drain what has not ended', async t => {
  const { admit, run, occupy, scheduler } = await start(t)
  const { blocked } = occupy()
  const waiting = run(admit(), BEHAVIOUR.echo, 2)
  const ends = [...blocked, waiting].map(task => t.rejects(task, { code: 'ERR_DRAINING' }))
  await scheduler.close(30)
  await Promise.all(ends)
  t.equal(scheduler.workers.ready, 0)
})

t.test('does not start when a worker cannot, and says why', async t => {
  const log = join(t.testdir(), 'log')
  writeFileSync(`${log}.no-start`, '')
  const options = { workers: 2, worker: fakeWorker(log), maxQueue: 1, hangMs: LONG_MS, observer: { dropped () {}, workerLost () {} } }
  await t.rejects(Scheduler.start(options), { message: 'The fake model cannot be loaded' })
  await t.rejects(Scheduler.start({ ...options, worker: { modelPath: join(t.testdirName, 'no-model.onnx'), outputName: 'output', warmupTokens: [1, 2] } }), { message: /no-model\.onnx/ }, 'the real worker too')
})

t.test('does not wait for ever for a worker to start', async t => {
  const worker = { ...fakeWorker(join(t.testdir(), 'log')), outputName: 'never ready' }
  const start = WorkerPool.start({ size: 1, worker, hangMs: LONG_MS, startMs: 50, next: () => undefined, giveBack () {}, onSamples () {}, onLost () {} })
  await t.rejects(start, { message: /did not load in time/ })
})

t.test('leaves no thread behind', async t => {
  await until(() => !process.getActiveResourcesInfo().includes('MessagePort'))
  t.pass('every worker of the tests above has ended')
})

/** For what has no event to wait for; the test's own time limit ends it. */
async function until (holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => { setTimeout(resolve, 5) })
}
