import t from 'tap'
import { LagMonitor } from '../../../adapter/consume/lag-monitor.ts'
import { OwnedPartition } from '../../../adapter/consume/owned-partition.ts'
import { failures, silent } from '../fakes.ts'
import { VirtualClock } from '../virtual-clock.ts'

t.test('looks up the lag on a timer, connects anew after a failure, and asks nothing twice at a time', async t => {
  const clock = VirtualClock.install(t)
  const calls: string[] = []
  let answer: () => Promise<void> = async () => {}
  let high = 10
  const admin = {
    connect: async () => { calls.push('connect') },
    disconnect: async () => { calls.push('disconnect') },
    fetchOffsets: async () => [{ topic: 'inquiries', partitions: [{ partition: 1, offset: '4', metadata: null }, { partition: 0, offset: '-1', metadata: null }] }],
    fetchTopicOffsets: async () => {
      calls.push('ends')
      await answer()
      return [0, 1].map(partition => ({ partition, offset: String(high), high: String(high), low: '2' }))
    }
  }
  const owned: OwnedPartition[] = []
  const monitor = new LagMonitor({ admin, groupId: 'g', topic: 'inquiries', partitions: () => owned, log: silent, intervalMs: 1_000 })
  monitor.start()
  await clock.advance(1_000)
  t.strictSame(calls, [], 'of no partition')
  owned.push(new OwnedPartition(0, () => {}), new OwnedPartition(1, () => {}), new OwnedPartition(7, () => {}))
  await clock.advance(2_000)
  t.strictSame(calls.splice(0), ['disconnect', 'connect', 'ends', 'ends'])
  t.strictSame(owned.map(({ lag }) => lag), [8, 6, undefined])

  answer = async () => { throw failures.protocol('NOT_LEADER_FOR_PARTITION') }
  await clock.advance(1_000)
  high = 30
  answer = async () => {}
  await clock.advance(1_000)
  t.strictSame(calls.splice(0), ['ends', 'disconnect', 'connect', 'ends'])
  t.strictSame(owned.map(({ lag }) => lag), [28, 26, undefined])

  answer = async () => await new Promise(() => {})
  await clock.advance(5_000)
  t.strictSame(calls.splice(0), ['ends'], 'there is no answer yet')
  await monitor.close()
  t.equal(clock.timers, 0)
})
