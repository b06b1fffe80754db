import t, { type Test } from 'tap'
import { OwnedPartition } from '../../../adapter/consume/owned-partition.ts'
import { Dispatcher } from '../../../adapter/decide/dispatcher.ts'
import { type InFlightInquiry, type Verdict, inFlightInquiry } from '../../../adapter/decide/in-flight.ts'
import { FakeClient, classification, inquiryRecord } from '../fakes.ts'
import { VirtualClock, settled } from '../virtual-clock.ts'

function setUp (t: Test, concurrency = 2) {
  const clock = VirtualClock.install(t)
  const client = new FakeClient()
  const partition = new OwnedPartition(0, () => {})
  partition.open({ resultPartition: 0, resultsFrom: 0, offset: undefined, found: { from: 0, lastRecord: -1 } })
  const events: string[] = []
  const start = clock.now
  const note = (what: string, { id }: InFlightInquiry) => { events.push(`${clock.now - start} ${id} ${what}`) }
  const dispatcher = new Dispatcher({
    client,
    concurrency,
    decide: (item, verdict) => {
      item.verdict = verdict
      note('answer' in verdict ? verdict.answer.category! : verdict.reason, item)
    },
    refused: (item, code) => note(code, item),
    overdue: item => note('overdue', item),
    late: (item, answer, lateByMs) => note(`late by ${lateByMs}: ${answer.category}`, item),
    traceHeaders: item => ({ traceparent: item.id! })
  })
  let offset = 0
  const item = (id: string, ms: number): InFlightInquiry => inFlightInquiry({ id, partition, record: inquiryRecord({ offset, id }), entry: partition.window.add(offset++), sentAt: clock.now, deadline: clock.now + ms, inquiry: { id, text: 'x' } })
  const add = (id: string, ms: number) => {
    const added = item(id, ms)
    dispatcher.add(added)
    return added
  }
  return { clock, client, partition, events, dispatcher, item, add }
}

t.test('asks about the earliest deadline first, a bounded number at a time', async t => {
  const { client, events, add, dispatcher } = setUp(t)
  for (const [id, ms] of [['a', 500], ['b', 400], ['c', 900], ['d', 300], ['e', 600]] as const) add(id, ms)
  t.strictSame(client.asked, ['a', 'b'], 'there was room')
  t.equal(dispatcher.asking, 2)
  client.answerTo('a')
  await settled()
  t.strictSame(client.asked, ['a', 'b', 'd'])
  client.resolve('b', { kind: 'refused', code: 'ERR_INVALID' })
  client.resolve('d', { kind: 'manual', reason: 'api_unavailable' })
  await settled()
  t.strictSame(client.asked, ['a', 'b', 'd', 'e', 'c'])
  t.equal(dispatcher.asking, 2)
  t.strictSame(events, ['0 a delivery', '0 b ERR_INVALID', '0 d api_unavailable'])
  t.strictSame(client.calls[0]!.traceHeaders, { traceparent: 'a' })
})

t.test('decides what waits at its deadline while the API hangs', async t => {
  const { clock, client, events, add } = setUp(t)
  for (const [id, ms] of [['hangs', 60_000], ['too', 60_000], ['a', 3_000], ['b', 40], ['c', 3_001], ['d', 2_500]] as const) add(id, ms)
  await clock.advance(2_000)
  add('e', 1)
  await clock.advance(20_000)
  t.strictSame(events, ['40 b timeout', '2001 e timeout', '2500 d timeout', '3000 a timeout', '3001 c timeout'])
  t.strictSame(client.asked, ['hangs', 'too'], 'what is past its deadline is not asked about')
  client.answerTo('hangs')
  await settled()
  t.equal(client.asked.length, 2)
})

t.test('nothing is asked about after its deadline, also when the process stood still', async t => {
  const { clock, client, events, add } = setUp(t, 1)
  add('a', 10_000)
  add('b', 1_000)
  clock.stall(5_000)
  client.answerTo('a')
  await settled()
  t.strictSame(client.asked, ['a'])
  t.strictSame(events, ['5000 a delivery', '5000 b timeout'])
})

t.test('follows the wall clock when it is set', async t => {
  const { clock, events, add } = setUp(t, 1)
  add('with the API', 100_000)
  add('a', 50_000)
  await clock.advance(100)
  clock.setWall(49_900)
  await clock.advance(1_000)
  t.match(events, [/ a timeout$/], 'within a second')
  add('b', 2_000)
  clock.setWall(-1_000)
  await clock.advance(2_500)
  t.equal(events.length, 1, 'set back: it is not yet time')
  await clock.advance(600)
  t.match(events[1], / b timeout$/)
})

t.test('what is decided and held back is let out at its deadline', async t => {
  const { clock, client, events, item, dispatcher, add } = setUp(t, 1)
  add('with the API', 60_000)
  const [held, free, superseded] = [item('held', 700), item('free', 800), item('superseded', 900)]
  for (const each of [held, free]) {
    each.verdict = { answer: classification(), decidedAt: clock.now }
    dispatcher.add(each)
  }
  dispatcher.add(superseded)
  superseded.isSuperseded = true
  free.isLetOut = true
  client.answerTo('with the API')
  await settled()
  t.strictSame(client.asked, ['with the API'], 'nothing of that is asked about')
  await clock.advance(1_000)
  t.strictSame(events, ['0 with the API delivery', '700 held overdue'])
  t.equal(clock.timers, 0)
})

t.test('decisions that were let out are not kept until their deadlines', async t => {
  const { clock, dispatcher, item } = setUp(t)
  for (let count = 0; count < 20_000; count++) {
    const held = item(`held ${count}`, 600_000)
    held.verdict = { answer: classification(), decidedAt: clock.now }
    dispatcher.add(held)
    held.isLetOut = true
  }
  t.ok(dispatcher.held <= 2_000, `${dispatcher.held}`)
  dispatcher.close()
})

t.test('forgets a partition that is lost, and what the API says of it afterwards', async t => {
  const { clock, client, events, add, dispatcher, partition } = setUp(t, 1)
  add('a', 1_000)
  add('b', 1_000)
  partition.lose()
  dispatcher.remove(item => item.partition === partition)
  await clock.advance(5_000)
  t.strictSame(events, [])
  t.ok(client.calls[0]!.signal!.aborted)
  t.strictSame([client.asked, dispatcher.asking], [['a'], 0])
})

t.test('passes late answers on', async t => {
  const { clock, client, events, add } = setUp(t)
  add('a', 100)
  await clock.advance(100)
  client.calls[0]!.onLate!(classification('a', 'garden'), 30)
  t.strictSame(events, ['100 a timeout', '100 a late by 30: garden'])
})

t.test('a thousand decisions that wait for one slow predecessor cost next to nothing', async t => {
  const { clock, client, dispatcher, item, add } = setUp(t, 8)
  client.answer = ({ id }) => id === 'slow' ? undefined : { kind: 'answer', answer: classification(id) }
  const verdict: Verdict = { answer: classification(), decidedAt: clock.now }
  for (let count = 0; count < 20_000; count++) {
    const held = item(`held ${count}`, 1_000)
    held.verdict = verdict
    dispatcher.add(held)
  }
  const before = process.hrtime.bigint()
  for (let count = 0; count < 1_000; count++) add(`next ${count}`, 2_000)
  await settled()
  t.equal(client.asked.length, 1_000)
  t.ok(Number(process.hrtime.bigint() - before) < 2e9, 'no walk over what is held for each question')
  dispatcher.close()
  t.equal(clock.timers, 0)
})
