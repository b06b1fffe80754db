import t, { type Test } from 'tap'
import { type Recovered, ResultsTail, metadataOf, parseMetadata } from '../../../adapter/consume/results-tail.ts'
import { DecidedIds } from '../../../adapter/decide/decided-ids.ts'
import { failures, silent } from '../fakes.ts'
import { VirtualClock } from '../virtual-clock.ts'

interface Result { readonly offset: number, readonly value: string | null, readonly source?: [partition: number, offset: number] }

const result = (offset: number, id: string, source?: [number, number]): Result => ({ offset, value: JSON.stringify({ id }), ...(source && { source }) })

/** A result topic, a group's offsets, and a consumer that reads the topic whenever it is told to. */
function setUp (t: Test, { low = 0, high, committed = {}, fallbackResults = 10 }: { low?: number, high: number[], committed?: Record<number, [offset: number, metadata: string | null]>, fallbackResults?: number }) {
  const clock = VirtualClock.install(t)
  const results = high.map((): Result[] => [])
  const calls: string[] = []
  const decided = new DecidedIds(1_000)
  const state = { clock, results, calls, decided, high, isDeaf: false, failures: 0, duplicates: 0, leader: 1, isConnectedTo: 1, tail: undefined! as ResultsTail }
  const positions = new Map<number, number>()
  state.tail = new ResultsTail({
    groupId: 'g',
    inquiryTopic: 'inquiries',
    resultTopic: 'results',
    decided,
    fallbackResults,
    duplicate: () => { state.duplicates++ },
    log: silent,
    admin: {
      connect: async () => { state.isConnectedTo = state.leader },
      disconnect: async () => { state.isConnectedTo = -1 },
      fetchOffsets: async () => {
        calls.push('offsets')
        if (state.failures-- > 0) throw new Error('no coordinator')
        return [{ topic: 'inquiries', partitions: [0, 1, 2, 3].map(partition => ({ partition, offset: String(committed[partition]?.[0] ?? -1), metadata: committed[partition]?.[1] ?? null })) }]
      },
      fetchTopicOffsets: async () => {
        // As kafkajs: what it knew when it connected is what it asks, whoever leads now.
        if (state.isConnectedTo !== state.leader) throw failures.protocol('NOT_LEADER_FOR_PARTITION')
        return state.high.map((end, partition) => ({ partition, offset: String(end), high: String(end), low: String(low) })).reverse()
      }
    },
    member: {
      seek: (_topic, partition, offset) => {
        calls.push(`seek ${partition}:${offset}`)
        positions.set(partition, offset)
      },
      pause: (_topic, partitions) => { calls.push(`pause ${partitions}`) },
      resume: (_topic, [partition]) => {
        calls.push(`resume ${partition}`)
        setTimeout(() => {
          if (!state.isDeaf) deliver(partition!, Infinity)
        }, 10)
      }
    }
  })
  const deliver = (partition: number, most: number) => {
    const from = positions.get(partition)!
    const found = results[partition]!.filter(({ offset }) => offset >= from).slice(0, most)
    for (const { offset, value, source } of found) {
      state.tail.onResult({ offset: String(offset), key: null, value: value === null ? null : Buffer.from(value), timestamp: '0', attributes: 0, headers: source ? { 'source-partition': String(source[0]), 'source-offset': String(source[1]) } : {} }, partition)
    }
    const next = (found.at(-1)?.offset ?? from - 1) + 1
    positions.set(partition, next)
    state.tail.onRead(partition, next)
  }
  return Object.assign(state, { deliver })
}

/** All that is recovered, once it is. */
async function readAll (tail: ResultsTail, partitions: number[], signal: AbortSignal): Promise<Map<number, Recovered>> {
  const recovered = new Map<number, Recovered>()
  await tail.read(partitions, signal, (partition, found) => { recovered.set(partition, found) })
  return recovered
}

t.test('reads the results from where the commit says to the end, and no further', async t => {
  const { clock, tail, calls, results, decided } = setUp(t, { high: [108, 20], committed: { 0: [7, 'results=0:105'], 1: [30, 'results=1:20'] } })
  results[0]!.push(result(104, 'before'), result(105, 'a', [0, 9]), result(106, 'b', [0, 7]), { offset: 107, value: 'not json' })
  const reading = readAll(tail, [0, 1], new AbortController().signal)
  await clock.advance(249)
  t.strictSame(calls, [], 'what the last owner had on the wire gets its time to arrive')
  await clock.advance(30)
  const recovered = await reading
  t.strictSame(recovered.get(0), { resultPartition: 0, resultsFrom: 108, offset: 7, found: { from: 105, lastRecord: 9 } })
  t.strictSame(recovered.get(1), { resultPartition: 1, resultsFrom: 20, offset: 30, found: { from: 20, lastRecord: -1 } })
  t.strictSame(calls, ['offsets', 'seek 0:105', 'resume 0', 'pause 0'], 'where there is nothing to read nothing is read')
  t.strictSame(decided.get('a'), { resultOffset: 105, sourcePartition: 0, sourceOffset: 9, isInvalid: false })
  t.equal(decided.size, 2)
  t.equal(clock.timers, 0)
})

t.test('without a note of its own it reads the last results', async t => {
  const { clock, tail, calls } = setUp(t, { high: [500, 500, 5], committed: { 0: [7, ''], 1: [7, 'results=0:3'] } })
  readAll(tail, [0, 1, 2], new AbortController().signal).catch(() => {})
  await clock.advance(260)
  t.strictSame(calls.filter(call => call.startsWith('seek')), ['seek 0:490', 'seek 1:490', 'seek 2:0'])
})

t.test('reads no further back than what is kept, and no further than the end', async t => {
  const { clock, tail, calls } = setUp(t, { low: 300, high: [500, 300], committed: { 0: [7, 'results=0:100'], 1: [9, 'results=1:900'] } })
  const reading = readAll(tail, [0, 1], new AbortController().signal)
  await clock.advance(260)
  t.strictSame(calls.filter(call => call.startsWith('seek')), ['seek 0:300'])
  tail.onRead(0, 500)
  t.equal((await reading).get(1)!.resultsFrom, 300)
})

t.test('partitions that share their results are read once, from the earliest place', async t => {
  const { clock, tail, calls, results } = setUp(t, { high: [50], committed: { 0: [7, 'results=0:40'], 2: [3, 'results=0:30'], 3: [9, 'results=0:45'] } })
  results[0]!.push(result(30, 'a', [2, 5]), result(49, 'b', [0, 8]))
  const reading = readAll(tail, [0, 2, 3], new AbortController().signal)
  await clock.advance(300)
  const recovered = await reading
  t.strictSame(calls.filter(call => call.startsWith('seek')), ['seek 0:30'])
  t.strictSame([recovered.get(0)!.found, recovered.get(2)!.found], [{ from: 40, lastRecord: 8 }, { from: 30, lastRecord: 5 }])
})

t.test('tries again when Kafka fails or reading stalls, and not while it goes on', async t => {
  const state = setUp(t, { high: [40], committed: { 0: [7, 'results=0:0'] } })
  const { clock, tail, calls, results } = state
  results[0]!.push(...Array.from({ length: 40 }, (_, offset) => result(offset, `id-${offset}`, [0, offset])))
  state.failures = 2
  state.isDeaf = true
  let isDone = false
  const reading = readAll(tail, [0], new AbortController().signal).finally(() => { isDone = true })
  await clock.advance(250 + 2 * 500)
  t.strictSame(calls.splice(0), ['offsets', 'offsets', 'offsets', 'seek 0:0', 'resume 0'])
  await clock.advance(15_000)
  t.strictSame(calls.splice(0), ['pause 0'], 'no record came')
  await clock.advance(500)
  t.strictSame(calls.splice(0), ['offsets', 'seek 0:0', 'resume 0'])
  for (let part = 0; part < 3; part++) {
    await clock.advance(14_000)
    state.deliver(0, 10)
  }
  t.strictSame(calls, [], 'slow is not stalled')
  t.notOk(isDone)
  state.deliver(0, 10)
  t.equal((await reading).get(0)!.found.lastRecord, 39)
  t.strictSame(calls, ['pause 0'])
  t.equal(clock.timers, 0)
})

t.test('counts decisions that are there once more, each once', async t => {
  const state = setUp(t, { high: [4], committed: { 0: [0, 'results=0:0'] } })
  state.results[0]!.push(result(0, 'a', [0, 1]), result(1, 'b', [0, 2]), result(2, 'a', [0, 1]), result(3, 'b', [0, 9]))
  for (let assignment = 0; assignment < 2; assignment++) {
    const reading = readAll(state.tail, [0], new AbortController().signal)
    await state.clock.advance(300)
    await reading
  }
  t.equal(state.duplicates, 1, 'another record with the same id is the app\'s repetition')
})

t.test('tells of each partition when its own results are read, and reads only the others again', async t => {
  const state = setUp(t, { high: [40, 5], committed: { 0: [7, 'results=0:0'], 1: [3, 'results=1:5'] } })
  state.isDeaf = true
  const told: number[] = []
  const reading = state.tail.read([0, 1], new AbortController().signal, partition => { told.push(partition) })
  await state.clock.advance(260)
  t.strictSame(told, [1], 'there is nothing to read for it')
  state.isDeaf = false
  await state.clock.advance(15_500)
  state.deliver(0, Infinity)
  state.tail.onRead(0, 40)
  await reading
  t.strictSame(told, [1, 0])
})

t.test('finds leaders that moved while the old one goes on', async t => {
  const state = setUp(t, { high: [40], committed: { 0: [7, 'results=0:40'] } })
  state.leader = 2
  const reading = readAll(state.tail, [0], new AbortController().signal)
  await state.clock.advance(250 + 500 + 10)
  t.equal((await reading).get(0)!.offset, 7)
})

t.test('a new assignment ends it at any point', async t => {
  for (const [when, ms] of [['while it waits', 100], ['while it reads', 1_000], ['before it tries again', 15_600]] as const) {
    await t.test(when, async t => {
      const state = setUp(t, { high: [40], committed: { 0: [7, 'results=0:0'] } })
      state.isDeaf = true
      const assignment = new AbortController()
      let error: unknown
      readAll(state.tail, [0], assignment.signal).catch(err => { error = err })
      await state.clock.advance(ms)
      assignment.abort()
      await state.clock.advance(0)
      t.match(error, { name: 'AbortError' })
      t.equal(state.calls.filter(call => call.startsWith('pause')).length, state.calls.filter(call => call.startsWith('resume')).length, 'what was resumed is paused')
      const calls = state.calls.splice(0)
      await state.clock.advance(60_000)
      t.strictSame(state.calls, [], `and it does not start over after ${calls.length} calls`)
      t.equal(state.clock.timers, 0)
    })
  }
})

t.test('the note of a commit reads back, and only for the partition it was made for', async t => {
  t.equal(parseMetadata(metadataOf({ offset: 9, resultsFrom: 123_456 }, 3), 3), 123_456)
  for (const note of [null, '', 'results=3:', 'results=3:x', 'results=03:5x', 'something else']) t.equal(parseMetadata(note, 3), undefined, String(note))
  t.equal(parseMetadata('results=2:7', 3), undefined)
})
