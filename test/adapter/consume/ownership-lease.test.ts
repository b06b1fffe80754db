import { EventEmitter } from 'node:events'
import type { Kafka } from 'kafkajs'
import createRequest from 'kafkajs/src/protocol/request.js'
import syncGroup from 'kafkajs/src/protocol/requests/syncGroup/index.js'
import t from 'tap'
import { GroupMember } from '../../../adapter/consume/group-member.ts'
import { GROUP_REQUESTS, generationIn } from '../../../adapter/consume/group-requests.ts'
import { OwnershipLease } from '../../../adapter/consume/ownership-lease.ts'
import { VirtualClock } from '../virtual-clock.ts'

const SESSION_MS = 6_000

t.test('lasts less than the session timeout from when the answered heartbeat was sent', async t => {
  const clock = VirtualClock.install(t)
  const lease = new OwnershipLease({ sessionTimeoutMs: SESSION_MS })
  t.notOk(lease.valid, 'nothing is ours before the group says so')
  lease.renew(0)
  await clock.advance(4_799)
  t.ok(lease.valid)
  await clock.advance(1)
  t.notOk(lease.valid, 'cut off')

  lease.renew(4_000)
  await clock.advance(799)
  t.ok(lease.valid)
  await clock.advance(1)
  t.notOk(lease.valid, 'the answer took four seconds')
  lease.renew(9_000)
  t.notOk(lease.valid, 'the answer lay there while the process stood still')

  lease.renew(0)
  clock.stall(5_000)
  t.notOk(lease.valid, 'the process stood still; no timer had to run for that')
  lease.renew(-3_600_000)
  await clock.advance(4_800)
  t.notOk(lease.valid, 'a wall clock that was set back gives no more time')
  lease.renew(0)
  lease.expire()
  t.notOk(lease.valid, 'the request to join is answered')
  t.equal(clock.timers, 0)
})

t.test('goes on while a rebalance is waited for, as long as the process itself goes on', async t => {
  const clock = VirtualClock.install(t)
  const lease = new OwnershipLease({ sessionTimeoutMs: SESSION_MS })
  lease.waitInRebalance()
  t.notOk(lease.valid, 'what was not ours does not become ours by waiting')
  t.equal(clock.timers, 0)

  lease.renew(0)
  lease.waitInRebalance()
  await clock.advance(3_700)
  t.ok(lease.valid)
  clock.stall(900)
  t.ok(lease.valid)
  await clock.advance(50)
  clock.stall(1_000)
  t.notOk(lease.valid, 'the process stood still')
  await clock.advance(500)
  t.notOk(lease.valid, 'and what happened meanwhile is not known afterwards either')
  t.equal(clock.timers, 0)

  lease.renew(0)
  lease.waitInRebalance()
  await clock.advance(4_799)
  t.ok(lease.valid)
  await clock.advance(1)
  t.notOk(lease.valid, 'the request to join may not have arrived: our session is over')

  lease.renew(0)
  lease.waitInRebalance()
  lease.waitInRebalance()
  t.notOk(lease.valid, 'the first request to join may have been answered, and we did not hear of it')
  lease.renew(0)
  lease.askToJoin()
  t.ok(lease.valid, 'without a rebalance: its answer is what counts')
  lease.waitInRebalance()
  lease.askToJoin()
  t.ok(lease.valid)
  lease.askToJoin()
  t.notOk(lease.valid, 'kafkajs asks again when it lost the answer')
  lease.renew(0)
  lease.waitInRebalance()
  lease.renew(0)
  await clock.advance(4_800)
  t.notOk(lease.valid, 'a heartbeat ends the waiting')
  lease.expire()
  t.equal(clock.timers, 0)
})

/** A member of a group whose consumer does what the test says. */
async function joinGroup (lease = new OwnershipLease({ sessionTimeoutMs: SESSION_MS })) {
  const bus = new EventEmitter()
  const told: unknown[] = []
  const events = ['HEARTBEAT', 'REQUEST', 'REQUEST_TIMEOUT', 'REBALANCING', 'GROUP_JOIN', 'CRASH', 'STOP', 'COMMIT_OFFSETS', 'END_BATCH_PROCESS', 'FETCH_START']
  const consumer = {
    events: Object.fromEntries(events.map(name => [name, name])),
    on: (event: string, listener: (event: unknown) => void) => bus.on(event, listener),
    connect: async () => {},
    subscribe: async () => {},
    run: async () => {},
    commitOffsets: async () => {},
    pause: (topics: unknown) => { told.push({ pause: topics }) },
    resume: (topics: unknown) => { told.push({ resume: topics }) }
  }
  const member = new GroupMember({
    kafka: { consumer: () => consumer } as unknown as Kafka,
    groupId: 'g',
    inquiryTopic: 'inquiries',
    resultTopic: 'results',
    sessionTimeoutMs: SESSION_MS,
    lease,
    owned: () => [],
    onAssigned: (partitions, isContinuous) => { told.push({ assigned: partitions, valid: lease.valid, isContinuous }) },
    onConfirmed: () => { told.push('confirmed') },
    onRebalance: () => { told.push('rebalance') },
    onInquiry: () => true,
    onResult: () => {},
    onResultsRead: () => {},
    onCrash: error => { told.push(error.message) }
  })
  await member.start(new AbortController().signal)
  return { bus, told, consumer, member }
}

t.test('the member renews and expires it as the coordinator answers', async t => {
  const clock = VirtualClock.install(t)
  const lease = new OwnershipLease({ sessionTimeoutMs: SESSION_MS })
  const { bus, told } = await joinGroup(lease)
  const answered = (apiName: string, sentAt = Date.now()) => bus.emit('REQUEST', { payload: { apiName, sentAt } })
  const join = () => bus.emit('GROUP_JOIN', { payload: { memberId: 'm', memberAssignment: { inquiries: [0, 2], results: [0] } } })

  answered('JoinGroup')
  answered('SyncGroup', Date.now() - 10_000)
  join()
  t.strictSame(told.splice(0), [{ pause: [{ topic: 'inquiries', partitions: [0, 2] }] }, { pause: [{ topic: 'results', partitions: [0] }] }, { assigned: [0, 2], valid: false, isContinuous: false }], 'the process stood still between the answer and now: the partitions may be somebody else\'s again')
  answered('Heartbeat', Date.now() - 4_700)
  bus.emit('HEARTBEAT', {})
  t.ok(lease.valid)
  await clock.advance(100)
  t.notOk(lease.valid, 'counted from when it was sent')
  answered('SyncGroup')
  join()
  t.ok(lease.valid)

  bus.emit('REBALANCING', {})
  await clock.advance(4_000)
  t.ok(lease.valid, 'nobody has the partitions while the request to join is not answered')
  answered('JoinGroup')
  t.notOk(lease.valid, 'from the answer on somebody may')
  answered('SyncGroup')
  join()
  bus.emit('REBALANCING', {})
  bus.emit('REQUEST_TIMEOUT', { payload: { apiName: 'Fetch' } })
  t.ok(lease.valid)
  bus.emit('REQUEST_TIMEOUT', { payload: { apiName: 'JoinGroup' } })
  t.notOk(lease.valid, 'it may have been answered and the answer lost')

  answered('SyncGroup')
  join()
  bus.emit('FETCH_START', {})
  t.ok(lease.valid)
  bus.emit('REBALANCING', {})
  bus.emit('FETCH_START', {})
  t.notOk(lease.valid, 'it is over, and nobody said so')

  told.splice(0)
  bus.emit('CRASH', { payload: { error: new Error('comes back'), restart: true } })
  bus.emit('CRASH', { payload: { error: new Error('for good'), restart: false } })
  t.strictSame(told, ['for good'])
})

t.test('where there is no group, nothing is paused or resumed, and that nothing was committed is told', async () => {
  const { bus, told, consumer, member } = await joinGroup()
  member.pause('inquiries', [])
  member.resume('inquiries', [0])
  t.strictSame(told, [], 'before the first join: kafkajs would throw')
  bus.emit('GROUP_JOIN', { payload: { memberId: 'm', memberAssignment: {} } })
  told.splice(0)
  member.resume('inquiries', [0])
  t.strictSame(told, [{ resume: [{ topic: 'inquiries', partitions: [0] }] }])

  consumer.commitOffsets = async () => { bus.emit('COMMIT_OFFSETS', {}) }
  await t.resolves(member.commit([{ partition: 0, offset: 7, metadata: '' }]))
  consumer.commitOffsets = async () => {}
  await t.rejects(member.commit([{ partition: 0, offset: 8, metadata: '' }]), { message: 'the consumer is stopping' })

  bus.emit('STOP', {})
  member.resume('inquiries', [0])
  t.strictSame(told.length, 1, 'after a crash')
})

t.test('what stays was nobody else\'s where the group was shared out once, to the same member', async () => {
  const { bus, told, member } = await joinGroup()
  const isContinuous = (generation: number, memberId = 'm') => {
    told.splice(0)
    member.syncs(generation)
    bus.emit('GROUP_JOIN', { payload: { memberId, memberAssignment: { inquiries: [0] } } })
    return (told.at(-1) as { isContinuous: boolean }).isContinuous
  }
  t.strictSame([isContinuous(7), isContinuous(8), isContinuous(8), isContinuous(10), isContinuous(11), isContinuous(1)], [false, true, true, false, true, false])
  t.notOk(isContinuous(2, 'other'), 'thrown out meanwhile')
  t.ok(isContinuous(3, 'other'))
  member.syncs(4)
  t.notOk(isContinuous(5, 'other'), 'the share of generation 4 was never received')
  bus.emit('STOP', {})
  t.notOk(isContinuous(6, 'other'), 'a crash')
})

t.test('the generation is read from what kafkajs sends', async t => {
  for (const version of [0, 1, 2, 3]) {
    for (const clientId of ['inquiry-adapter', 'äöü', null]) {
      const { request } = syncGroup.protocol({ version })({ groupId: 'größe', generationId: 70_001, memberId: 'm-1', groupAssignment: [{ memberId: 'm-1', memberAssignment: Buffer.from('x') }] })
      const { buffer } = await createRequest({ request, correlationId: 9, clientId })
      t.equal(buffer.readInt16BE(4), GROUP_REQUESTS.sync)
      t.equal(generationIn(buffer), 70_001)
    }
  }
})

t.test('whoever is told to stop meanwhile does not join', async () => {
  const { member, consumer } = await joinGroup()
  let runs = 0
  consumer.run = async () => { runs++ }
  await t.rejects(member.start(AbortSignal.abort()))
  t.equal(runs, 0)
})
