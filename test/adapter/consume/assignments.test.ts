import type { KafkaMessage } from 'kafkajs'
import t from 'tap'
import { Assignments } from '../../../adapter/consume/assignments.ts'
import { Committer } from '../../../adapter/consume/committer.ts'
import { endOf } from '../../../adapter/consume/group-member.ts'
import type { OwnedPartition } from '../../../adapter/consume/owned-partition.ts'
import type { WindowEntry } from '../../../adapter/consume/partition-window.ts'
import { inquiryRecord, silent } from '../fakes.ts'
import { VirtualClock, settled } from '../virtual-clock.ts'

/** Assignments over a flow that only keeps what it is given, and results that are read when the test says so. */
function setUp (maxInFlight = 100) {
  const taken: string[] = []
  const lost: number[] = []
  const recovered: number[] = []
  const calls: string[] = []
  const commitWishes: number[] = []
  const woken: string[] = []
  const entries = new Map<string, { partition: OwnedPartition, entry: WindowEntry }>()
  const reads: Array<{ partitions: number[], signal: AbortSignal, open: (number: number, offset?: number) => void, end: (offsets?: Record<number, number>) => Promise<void>, fail: (error: Error) => Promise<void> }> = []
  const assignments = new Assignments({
    inquiryTopic: 'inquiries',
    maxInFlight,
    commitSoon: () => { commitWishes.push(assignments.partitions.length) },
    log: silent,
    member: {
      pause: (topic, partitions) => { calls.push(`pause ${topic} ${partitions}`) },
      resume: (topic, partitions) => { calls.push(`resume ${topic} ${partitions}`) }
    },
    flow: {
      take: (partition: OwnedPartition, message: KafkaMessage) => {
        taken.push(`${partition.number}:${message.offset}`)
        entries.set(`${partition.number}:${message.offset}`, { partition, entry: partition.window.add(Number(message.offset)) })
      },
      recovered: partition => { recovered.push(partition.number) },
      lost: partition => {
        lost.push(partition.number)
        partition.lose()
      },
      letOut: () => {},
      wake: () => { woken.push('wake') }
    },
    tail: {
      read: async (partitions, signal, recovered) => await new Promise((resolve, reject) => {
        const open = (number: number, offset?: number) => recovered(number, { resultPartition: number, resultsFrom: 0, offset, found: { from: 0, lastRecord: -1 } })
        const end = async (offsets: Record<number, number> = {}) => {
          await settled()
          for (const number of partitions) open(number, offsets[number])
          resolve()
          await settled()
        }
        const fail = async (error: Error) => {
          reject(error)
          await settled()
        }
        signal.addEventListener('abort', () => reject(signal.reason))
        reads.push({ partitions, signal, open, end, fail })
      })
    }
  })
  return {
    assignments,
    taken,
    lost,
    recovered,
    calls,
    commitWishes,
    woken,
    reads,
    take: (number: number, offset: number, end = 1_000) => assignments.take(number, inquiryRecord({ offset }), end),
    settle: (name: string) => {
      const { partition, entry } = entries.get(name)!
      partition.window.settle(entry)
      assignments.settled(partition)
    },
    /** What can be committed is, of every partition. */
    commit: () => {
      for (const partition of assignments.partitions) {
        const progress = partition.uncommitted()
        if (!progress) continue
        partition.hasCommitted(progress.offset)
        assignments.committed(partition)
      }
    }
  }
}

t.test('takes nothing before it is known what was decided before', async t => {
  const { assignments, take, reads, taken, calls, recovered } = setUp()
  t.notOk(take(0, 5), 'not even ours')
  assignments.assign([0, 1], false)
  t.notOk(take(0, 5))
  t.equal(assignments.partitions.length, 2)
  t.strictSame(assignments.partitions.map(({ state }) => state), ['recovering', 'recovering'])
  await reads[0]!.end({ 0: 5 })
  t.strictSame(calls, ['resume inquiries 0', 'resume inquiries 1'])
  t.strictSame(recovered, [0, 1])
  t.ok(take(0, 4), 'taken over, as committed')
  t.ok(take(0, 5))
  t.ok(take(1, 0))
  t.strictSame(taken, ['0:5', '1:0'])
  t.equal(assignments.inFlight, 2)
})

t.test('partitions that stay keep their work, and those that go lose it', async t => {
  const { assignments, take, reads, taken, lost } = setUp()
  assignments.assign([0, 1], false)
  await reads[0]!.end()
  for (const [number, offset] of [[0, 1], [0, 2], [1, 1]] as const) take(number, offset)
  const [zero, one] = assignments.partitions
  assignments.assign([0, 2], false)
  t.strictSame(lost, [1])
  t.equal(one!.state, 'lost')
  t.ok(one!.lostSignal.aborted)
  t.equal(assignments.partitions[0], zero)
  t.equal(zero!.state, 'recovering')
  t.equal(assignments.inFlight, 2)
  t.notOk(take(0, 1), 'nothing is taken meanwhile')
  t.strictSame(reads[1]!.partitions, [0, 2], 'also for one that stayed: others may have had it in between')
  await reads[1]!.end()
  for (const offset of [1, 2, 3]) t.ok(take(0, offset))
  t.strictSame(taken.slice(3), ['0:3'], 'what is in flight is delivered once more, and skipped')

  assignments.assign([1, 2], false)
  await reads[2]!.end()
  t.not(assignments.partitions.find(({ number }) => number === 1), one, 'one that comes back starts anew')
  t.ok(take(1, 1))
  t.strictSame(taken.slice(4), ['1:1'])
  assignments.assign([], false)
  t.equal(assignments.partitions.length, 0)
  t.equal(reads.length, 3, 'nothing to read')
})

t.test('partitions that stay are read on at once where nobody else can have had them', async t => {
  const { assignments, take, reads, taken, calls, woken, recovered } = setUp(8)
  assignments.assign([0, 1, 2], true)
  t.strictSame(reads[0]!.partitions, [0, 1, 2], 'they are new here')
  reads[0]!.open(0)
  reads[0]!.open(1)
  for (const [number, offset] of [[0, 1], [1, 1], [1, 2]] as const) take(number, offset)
  for (const list of [calls, woken, recovered]) list.splice(0)
  assignments.assign([0, 1, 2, 3], true)
  t.strictSame(calls, ['resume inquiries 0'], '1 is full: there is room for two now')
  t.equal(woken.length, 1, 'what is due goes out')
  t.strictSame(reads[1]!.partitions, [2, 3], 'that was not known yet, and what is new')
  for (const offset of [1, 2]) t.ok(take(0, offset))
  t.strictSame(taken.slice(3), ['0:2'])
  assignments.assign([0, 1, 2, 3], false)
  t.strictSame(reads[2]!.partitions, [0, 1, 2, 3])
  t.strictSame(recovered, [])
})

t.test('a new assignment ends the reading for the one before', async t => {
  const { assignments, reads, calls, take } = setUp()
  assignments.assign([0], false)
  assignments.assign([1], false)
  t.ok(reads[0]!.signal.aborted)
  await reads[0]!.end()
  t.strictSame(calls, [])
  await reads[1]!.end()
  t.strictSame(calls, ['resume inquiries 1'])
  t.notOk(take(0, 1))

  assignments.assign([1], false)
  await reads[2]!.fail(new Error('never seen to happen'))
  t.equal(assignments.partitions[0]!.state, 'recovering', 'stays shut rather than guessing')
  assignments.assign([1], false)
  const ended = reads[3]!.end()
  assignments.assign([2], false)
  await ended
  t.equal(assignments.partitions[0]!.state, 'recovering', 'read in the very moment in which it was over')
  assignments.close()
  t.ok(reads[4]!.signal.aborted)
})

t.test('each partition has its room, reads on when half of it is committed, and blocks no other', async t => {
  const { assignments, take, reads, calls, settle, commit, commitWishes } = setUp(8)
  assignments.assign([0, 1], false)
  await reads[0]!.end()
  calls.splice(0)
  for (const offset of [1, 2, 3, 4]) t.ok(take(0, offset))
  t.notOk(take(0, 5), 'full')
  t.ok(take(1, 1), 'the other is not')
  for (const name of ['0:2', '0:3', '0:4']) settle(name)
  t.strictSame(calls, [], 'the oldest one still keeps everything from being committed')
  t.equal(commitWishes.length, 0)
  settle('0:1')
  t.strictSame(calls, [], 'what is not committed may be read again')
  t.equal(assignments.inFlight, 5)
  t.equal(commitWishes.length, 1)
  commit()
  t.strictSame(calls, ['resume inquiries 0'])
  settle('1:1')
  commit()
  t.equal(calls.length, 1, 'what was not full is not resumed')
  t.ok(take(0, 5), 'the record that was refused comes again')
})

t.test('a partition that is full when it opens again reads on later', async t => {
  const { assignments, take, reads, calls, settle, commit } = setUp(4)
  assignments.assign([0], false)
  await reads[0]!.end()
  for (const offset of [1, 2, 3]) take(0, offset)
  assignments.assign([0], false)
  settle('0:1')
  calls.splice(0)
  assignments.assign([0, 1], false)
  await reads[2]!.end()
  t.strictSame(calls, ['resume inquiries 1'], 'with two partitions there is room for two each, and two are there')
  settle('0:2')
  commit()
  t.strictSame(calls, ['resume inquiries 1', 'resume inquiries 0'])
})

t.test('there is room for one record a partition, however many partitions there are', async t => {
  const { assignments, take, reads, calls, settle, commit } = setUp(1)
  assignments.assign([0, 1, 2], false)
  await reads[0]!.end()
  calls.splice(0)
  t.ok(take(2, 1))
  t.notOk(take(2, 2))
  settle('2:1')
  commit()
  t.strictSame(calls, ['resume inquiries 2'])
})

t.test('a partition opens when its own results are read, however long the others take', async t => {
  const { assignments, reads, calls, take } = setUp()
  assignments.assign([0, 1], false)
  reads[0]!.open(1, 3)
  t.strictSame(calls, ['resume inquiries 1'])
  t.notOk(take(0, 5))
  t.ok(take(1, 5))
})

t.test('a partition that ends before what is committed of it is read anew', async t => {
  const { assignments, reads, lost, take, taken, calls } = setUp()
  assignments.assign([0, 1], false)
  await reads[0]!.end({ 0: 500 })
  t.ok(take(0, 500, 501))
  t.ok(take(0, 500, 501), 'delivered once more')
  t.ok(take(1, 7))
  calls.splice(0)
  t.notOk(take(0, 0, 10), 'the topic was made anew')
  t.strictSame(lost, [0])
  t.strictSame(reads[1]!.partitions, [0])
  t.equal(assignments.partitions.find(({ number }) => number === 1)!.state, 'open')
  await reads[1]!.end({ 0: 501 })
  t.strictSame(calls, ['resume inquiries 0'])
  for (const offset of [0, 1, 9]) t.ok(take(0, offset, 10))
  t.strictSame(taken, ['0:500', '1:7', '0:0', '0:1', '0:9'], 'although the group still has the old commit')
  t.strictSame(lost, [0])
})

t.test('a partition that ends before what was read of it is not', async t => {
  const { assignments, reads, lost, take, taken } = setUp()
  assignments.assign([0], false)
  await reads[0]!.end({ 0: 500 })
  for (const offset of [500, 501, 502]) t.ok(take(0, offset, 503))
  t.ok(take(0, 500, 501), 'read again from a leader that does not know what is replicated')
  t.strictSame(lost, [])
  t.ok(take(0, 503, 504))
  t.strictSame(taken, ['0:500', '0:501', '0:502', '0:503'])
})

t.test('a topic made anew is noticed by what comes from before the commit, too', async t => {
  const { assignments, reads, lost, take, settle, commit } = setUp()
  assignments.assign([0], false)
  await reads[0]!.end({ 0: 10 })
  for (const offset of [10, 11, 12, 13]) t.ok(take(0, offset, 14))
  settle('0:10')
  commit()
  t.notOk(take(0, 0, 12), 'its end lies between what was committed and what was read')
  t.strictSame(lost, [0])
})

t.test('a partition reaches to the last record that came of it', async t => {
  const end = (highWatermark: string, lastOffset: string) => endOf({ highWatermark, lastOffset: () => lastOffset })
  t.equal(end('10', '7'), 10)
  t.equal(end('10', '11'), 12, 'appended between the look at the high watermark and the reading')
})

t.test('takes nothing more once it drains', async t => {
  const { assignments, take, reads, calls, settle, commit } = setUp(1)
  assignments.assign([0], false)
  await reads[0]!.end()
  take(0, 1)
  take(0, 2)
  calls.splice(0)
  assignments.drain()
  settle('0:1')
  commit()
  t.notOk(take(0, 2))
  assignments.assign([0, 1], false)
  await reads[1]!.end()
  t.strictSame(calls, ['pause inquiries 0'])
})

t.test('what may be read again is what is not committed of our partitions', async t => {
  const { assignments, take, reads, settle, commit } = setUp()
  assignments.assign([0], false)
  await reads[0]!.end({ 0: 5 })
  const mayReplay = (sourcePartition: number, sourceOffset: number) => assignments.mayReplay({ sourcePartition, sourceOffset })
  t.strictSame([mayReplay(0, 4), mayReplay(0, 5), mayReplay(1, 5), mayReplay(0, 900)], [false, true, false, true])
  take(0, 5)
  settle('0:5')
  t.ok(mayReplay(0, 5))
  commit()
  t.notOk(mayReplay(0, 5))
})

t.test('commits what is done with, at intervals and on demand', async t => {
  const clock = VirtualClock.install(t)
  const { assignments, take, reads, settle } = setUp()
  const commits: Array<Array<{ partition: number, offset: number, metadata: string }>> = []
  const committed: number[] = []
  let answer: () => Promise<void> = async () => {}
  const member = {
    commit: async (offsets: Array<{ partition: number, offset: number, metadata: string }>) => {
      commits.push(offsets)
      await answer()
    }
  }
  const committer = new Committer({ member, partitions: () => assignments.partitions, committed: ({ number }) => { committed.push(number) }, intervalMs: 1_000, log: silent })
  assignments.assign([0, 1], false)
  await reads[0]!.end()
  for (const offset of [1, 2, 3]) take(0, offset)
  await clock.advance(1_000)
  t.strictSame(commits, [], 'nothing to say')
  settle('0:1')
  await clock.advance(1_000)
  t.strictSame(commits.splice(0), [[{ partition: 0, offset: 2, metadata: 'results=0:0' }]])
  t.strictSame(committed, [0])
  await clock.advance(5_000)
  t.strictSame(commits, [], 'said once')

  answer = async () => { throw new Error('no coordinator') }
  settle('0:2')
  await clock.advance(3_000)
  t.equal(commits.splice(0).length, 3, 'tried until it succeeds')
  t.equal(committer.ageMs, 2_000)

  let end = () => {}
  answer = async () => await new Promise(resolve => { end = resolve })
  const first = committer.commit()
  await settled()
  settle('0:3')
  for (let wish = 0; wish < 5; wish++) committer.commitSoon()
  const last = committer.commit()
  await clock.advance(3_000)
  t.equal(commits.length, 1, 'one at a time')
  answer = async () => {}
  end()
  await Promise.all([first, last])
  t.strictSame(commits.map(([commit]) => commit!.offset), [3, 4], 'what was done with after the first began is in the second')
  t.equal(committer.ageMs, 0)
  committer.close()
  t.equal(clock.timers, 0)
})
