import type { KafkaMessage } from 'kafkajs'
import encodeRecord from 'kafkajs/src/protocol/recordBatch/record/v0/index.js'
import type { Logger } from 'pino'
import t, { type Test } from 'tap'
import { OwnedPartition } from '../../../adapter/consume/owned-partition.ts'
import { DecidedIds } from '../../../adapter/decide/decided-ids.ts'
import type { InFlightInquiry } from '../../../adapter/decide/in-flight.ts'
import { InquiryFlow } from '../../../adapter/decide/inquiry-flow.ts'
import type { LateAnswerMessage } from '../../../openapi/index.ts'
import { captureLog } from '../captured-log.ts'
import { FakeClient, FakeProducer, type RecordFields, classification, countedMetrics, failures, inquiryRecord, silent } from '../fakes.ts'
import { VirtualClock, settled } from '../virtual-clock.ts'

const TIMEOUT_MS = 10_000

/** A flow with its writers and dispatcher; topics `results`, `late` and `dead`. */
function setUp (t: Test, { concurrency = 8, ...options }: { concurrency?: number, log?: Logger, sideProducer?: FakeProducer } = {}) {
  const clock = VirtualClock.install(t)
  const client = new FakeClient()
  const producer = new FakeProducer()
  const metrics = countedMetrics()
  const decided = new DecidedIds(1_000)
  const gate = { isOpen: true }
  const settledPartitions: number[] = []
  const flow = new InquiryFlow({
    config: { INQUIRY_TIMEOUT_MS: TIMEOUT_MS, MAX_RECORD_BYTES: 10_000, CLASSIFY_CONCURRENCY: concurrency, INQUIRY_TOPIC: 'inquiries', RESULT_TOPIC: 'results', LATE_TOPIC: 'late', DEAD_LETTER_TOPIC: 'dead' },
    client,
    producer,
    decided,
    mayWrite: () => gate.isOpen,
    requestsSent: () => producer.sent,
    settled: ({ number }) => { settledPartitions.push(number) },
    metrics,
    log: silent,
    ...options
  })
  const partitionOf = (number: number, offset?: number) => {
    const partition = new OwnedPartition(number, (item: InFlightInquiry) => flow.letOut(item))
    partition.open({ resultPartition: number, resultsFrom: 0, offset, found: { from: 0, lastRecord: -1 } })
    return partition
  }
  const partition = partitionOf(0)
  const take = (fields: RecordFields, into = partition) => flow.take(into, inquiryRecord(fields))
  /** Told again what is known after a rebalance. */
  const reopen = (offset?: number) => {
    partition.open({ resultPartition: 0, resultsFrom: 0, offset, found: { from: 0, lastRecord: -1 } })
    flow.recovered(partition)
  }
  const decisions = () => producer.decisions.map(({ id, category, reason }) => `${id} ${category ?? reason}`)
  return { clock, client, producer, metrics, decided, gate, flow, partition, partitionOf, take, reopen, decisions, settledPartitions, held: (topic: string) => { producer.isHeld = held => held === topic } }
}

const offsetOf = (partition: OwnedPartition) => partition.uncommitted()?.offset

t.test('every record becomes one decision, with its key, its headers and what the API said', async t => {
  const { clock, client, producer, metrics, partition, take, settledPartitions } = setUp(t)
  take({ offset: 7, id: 'a', key: 'customer', headers: { traceparent: Buffer.from('00-1'), tracestate: 'x'.repeat(600), other: 'y' } })
  await clock.advance(30)
  t.strictSame(client.calls[0]!.inquiry, { id: 'a', text: 'Wo ist mein Paket?' })
  t.strictSame(client.calls[0]!.traceHeaders, { traceparent: '00-1' })
  client.answerTo('a')
  await settled()
  t.strictSame(producer.of('results').map(({ partition, key, headers }) => ({ partition, key, headers })), [
    { partition: 0, key: 'customer', headers: { 'schema-version': '1.0.0', 'model-version': '1.0.0', 'source-partition': '0', 'source-offset': '7', traceparent: '00-1' } }
  ])
  const at = new Date(clock.now).toISOString()
  t.strictSame(producer.decisions[0], { id: 'a', decision: 'classified', category: 'delivery', confidence: 0.9, reason: null, alternatives: [], model: { name: 'fake', version: '1.0.0' }, decidedAt: at, deadline: new Date(clock.now - 30 + TIMEOUT_MS).toISOString() })
  t.equal(offsetOf(partition), 8)
  t.strictSame(settledPartitions, [0])
  t.strictSame(metrics.counts, { 'decided:classified:null': 1 })
  t.equal(partition.inFlight.size, 0)
  t.equal(partition.order.size, 0)
})

t.test('is manual at the deadline when the API does not answer, and the answer is a late one', async t => {
  const { clock, client, producer, metrics, take, decisions } = setUp(t, { concurrency: 1 })
  take({ offset: 0, id: 'asked' })
  take({ offset: 1, id: 'waits' })
  take({ offset: 2, id: 'short', headers: { deadline: String(clock.now + 500) } })
  await clock.advance(499)
  t.strictSame(decisions(), [])
  await clock.advance(1)
  t.strictSame(decisions(), ['short timeout'])
  await clock.advance(TIMEOUT_MS - 500)
  t.strictSame(decisions().sort(), ['asked timeout', 'short timeout', 'waits timeout'])
  t.ok(producer.decisions.every(({ decidedAt, deadline, decision, category, model }) => decidedAt === deadline && decision === 'manual' && category === null && model === null))
  t.strictSame(client.asked, ['asked'])

  client.calls[0]!.onLate!({ ...classification('asked', 'tools'), model: { name: 'fake', version: '2.0.0' } }, 250.4)
  await settled()
  const [late] = producer.of('late')
  const message = JSON.parse(late!.value!) as LateAnswerMessage
  t.match(message, { id: 'asked', category: 'tools', lateByMs: 250, decidedAt: new Date(Date.parse(message.deadline) + 250).toISOString() })
  t.equal(late!.headers['model-version'], '2.0.0')
  t.equal(producer.decisions.length, 3)
  t.strictSame(metrics.counts, { 'decided:manual:timeout': 3, late: 1 })
})

t.test('a backlog that is past its deadline is decided at once, without the API', async t => {
  const { clock, client, producer, partition, take } = setUp(t)
  for (let offset = 0; offset < 1_200; offset++) take({ offset, timestamp: clock.now - 60_000 })
  await settled()
  t.equal(producer.of('results').length, 1_200)
  t.equal(producer.requests.length, 3)
  t.equal(client.asked.length, 0)
  t.equal(offsetOf(partition), 1_200)
})

t.test('an id is decided once: in flight, afterwards, and as it was found in the results', async t => {
  const { clock, client, producer, metrics, partition, decided, take, decisions } = setUp(t)
  decided.add('found', { resultOffset: 0, sourcePartition: 0, sourceOffset: 1, isInvalid: false })
  take({ offset: 1, id: 'found' })
  take({ offset: 2, id: 'found' })
  take({ offset: 3, id: 'a' })
  take({ offset: 4, id: 'a' })
  take({ offset: 5, id: 'a', key: null, value: JSON.stringify({ id: 'a', text: 'Ein anderer Text' }) })
  await settled()
  t.strictSame(client.asked, ['a'])
  t.equal(offsetOf(partition), 3)
  client.answerTo('a')
  await settled()
  t.equal(offsetOf(partition), 6, 'those that are repeated are done with when it is')
  take({ offset: 6, id: 'a' })
  await clock.advance(TIMEOUT_MS)
  t.strictSame(decisions(), ['a delivery'])
  t.equal(offsetOf(partition), 7)
  t.strictSame(metrics.counts, { replay: 1, duplicate: 4, 'decided:classified:null': 1 })
  t.equal(producer.requests.length, 1)
})

t.test('a refused inquiry that is read again gets its dead letter again: whether it was written is not known', async t => {
  const { client, producer, partition, decided, take } = setUp(t)
  decided.add('refused', { resultOffset: 3, sourcePartition: 0, sourceOffset: 1, isInvalid: true })
  take({ offset: 1, id: 'refused' })
  take({ offset: 2, id: 'refused' })
  await settled()
  t.strictSame(client.asked, [])
  const letters = producer.requests.filter(({ topic }) => topic === 'dead').flatMap(({ messages }) => messages)
  t.equal(letters.length, 1, 'the repetition of the app gets none')
  t.equal(letters[0]?.headers?.['error-code'], 'ERR_REFUSED_BY_API')
  t.equal(offsetOf(partition), 3)
})

t.test('where the decision of another partition\'s record is says nothing about the progress of this one', async t => {
  const { client, partition, partitionOf, take, decided } = setUp(t)
  decided.add('elsewhere', { resultOffset: 1_000_000, sourcePartition: 5, sourceOffset: 1, isInvalid: false })
  take({ offset: 0, id: 'elsewhere' })
  take({ offset: 1, id: 'a' })
  client.answerTo('a')
  await settled()
  t.strictSame(partition.uncommitted(), { offset: 2, resultsFrom: 1 })
  const other = partitionOf(1)
  take({ offset: 0, id: 'b' }, other)
  client.answerTo('b')
  await settled()
  t.strictSame(other.uncommitted(), { offset: 1, resultsFrom: 1 })
})

t.test('poison with an id becomes a dead letter and a manual decision, and is done with when both are acknowledged', async t => {
  for (const first of ['dead', 'results']) {
    const { clock, producer, metrics, partition, take, held, decisions, reopen } = setUp(t)
    held(first)
    take({ offset: 0, id: 'k', value: '{"id":', headers: { traceparent: '00-1', 'my-header': Buffer.from('mine') } })
    await clock.advance(50)
    t.equal(offsetOf(partition), undefined, `${first} is not acknowledged`)
    reopen(0)
    await clock.advance(50)
    t.equal(offsetOf(partition), undefined, 'a rebalance changes nothing about that')
    producer.isHeld = () => false
    for (const request of producer.requests) request.succeed()
    await clock.advance(50)
    t.equal(offsetOf(partition), 1)
    t.strictSame(decisions(), ['k invalid'])
    const [letter] = producer.of('dead')
    t.strictSame([letter!.key, letter!.value, letter!.partition], ['k', '{"id":', undefined])
    t.strictSame(letter!.headers, { traceparent: '00-1', 'my-header': 'mine', 'error-code': 'ERR_INVALID_JSON', 'error-message': 'the value is not JSON in UTF-8', 'source-topic': 'inquiries', 'source-partition': '0', 'source-offset': '0' })
    t.strictSame(metrics.counts, { 'deadLetter:ERR_INVALID_JSON': 1, 'decided:manual:invalid': 1 })
  }
})

t.test('poison without an id, or with one that has its decision, becomes a dead letter only', async t => {
  const { clock, client, producer, partition, take, decisions } = setUp(t)
  take({ offset: 0, key: null, value: 'no json' })
  take({ offset: 1, id: 'tombstone', key: null, value: null })
  take({ offset: 2, id: 'a' })
  take({ offset: 3, key: 'a', value: '' })
  await settled()
  t.strictSame(producer.of('dead').map(({ headers }) => headers['source-offset']), ['0', '1', '3'])
  t.strictSame(producer.of('dead').map(({ value }) => value), ['no json', null, ''])
  t.equal(offsetOf(partition), 2)
  take({ offset: 4, id: 'a' })
  t.strictSame(client.asked, ['a'], 'the dead letter is acknowledged; the inquiry of that id is still in flight')
  client.answerTo('a')
  await settled()
  take({ offset: 5, key: 'a', value: '{' })
  await clock.advance(TIMEOUT_MS)
  t.strictSame(decisions(), ['a delivery'])
  t.equal(producer.of('dead').length, 4)
  t.equal(offsetOf(partition), 6)
})

t.test('a successor finds the decision on poison also while its dead letter is not acknowledged', async t => {
  const { clock, client, partition, take, held } = setUp(t)
  take({ offset: 0, id: 'a' })
  await settled()
  held('dead')
  take({ offset: 1, id: 'poison', value: '{' })
  await clock.advance(20)
  client.answerTo('a')
  take({ offset: 2, id: 'b' })
  client.answerTo('b')
  await clock.advance(20)
  t.strictSame(partition.uncommitted(), { offset: 1, resultsFrom: 0 }, 'the decision on poison is the first result')
})

t.test('what the API refuses for good is poison', async t => {
  const { client, producer, partition, take, decisions, held, clock } = setUp(t)
  held('dead')
  take({ offset: 0, id: 'a' })
  client.resolve('a', { kind: 'refused', code: 'ERR_TEXT_INVALID' })
  await clock.advance(20)
  t.strictSame(decisions(), ['a invalid'])
  t.equal(offsetOf(partition), undefined)
  producer.isHeld = () => false
  for (const request of producer.requests) request.succeed()
  await settled()
  t.match(producer.of('dead')[0]!.headers, { 'error-code': 'ERR_REFUSED_BY_API', 'error-message': 'the API answers ERR_TEXT_INVALID' })
  t.equal(producer.of('dead')[0]!.value, JSON.stringify({ id: 'a', text: 'Wo ist mein Paket?' }))
  t.equal(offsetOf(partition), 1)
})

t.test('a dead letter that is larger than brokers take does not hold the partition up', async t => {
  const { clock, producer, partition, take } = setUp(t)
  producer.isHeld = topic => topic === 'dead'
  take({ offset: 0, id: 'large', value: 'x'.repeat(20_000), headers: { big: 'y'.repeat(1_000) } })
  await clock.advance(20)
  producer.requests.find(({ topic }) => topic === 'dead')!.fail(failures.protocol('MESSAGE_TOO_LARGE'))
  producer.isHeld = () => false
  await clock.advance(1_000)
  t.match(producer.of('dead')[0], { value: null, headers: { 'error-code': 'ERR_RECORD_TOO_LARGE', 'source-topic': 'inquiries', 'source-partition': '0', 'source-offset': '0' } })
  t.notOk('big' in producer.of('dead')[0]!.headers)
  t.equal(offsetOf(partition), 1)
})

t.test('headers without a value, and of names that every object has, stop nothing', async t => {
  const { client, producer, partition, take, decisions } = setUp(t)
  const odd = JSON.parse('{"__proto__":1}') as Record<string, unknown>
  // As kafkajs reads them.
  const headers = { none: null, several: [null, Buffer.from('x'), null], constructor: [Object, Buffer.from('mine')], tracestate: null, deadline: null, ...odd, ['__proto__']: [Object.prototype, Buffer.from('too')] } as unknown as KafkaMessage['headers']
  take({ offset: 0, id: 'a', headers })
  take({ offset: 1, id: 'poison', value: '{', headers })
  client.answerTo('a')
  await settled()
  t.strictSame(decisions().sort(), ['a delivery', 'poison invalid'])
  t.equal(offsetOf(partition), 2)
  const [letter] = producer.requests.find(({ topic }) => topic === 'dead')!.messages
  t.doesNotThrow(() => encodeRecord(letter!), 'kafkajs can write it')
  t.strictSame(Object.entries(letter!.headers!).slice(0, 6).map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : String(value)]), [
    ['none', ''], ['several', ['', 'x', '']], ['constructor', ['mine']], ['tracestate', ''], ['deadline', ''], ['__proto__', ['too']]
  ])
})

t.test('a record at which reading itself fails becomes a dead letter, and its text is not logged', async t => {
  const { log, text } = captureLog()
  const { producer, partition, take, decisions } = setUp(t, { log })
  const headers = { get broken (): string { throw new Error('SECRET') } }
  take({ offset: 0, id: 'a', headers })
  take({ offset: 1, id: 'b', timestamp: 1 })
  await settled()
  t.match(producer.of('dead'), [{ key: 'a', headers: { 'error-code': 'ERR_UNEXPECTED', 'error-message': 'the adapter failed with Error', 'source-offset': '0' } }])
  t.strictSame(decisions(), ['a invalid', 'b timeout'])
  t.equal(offsetOf(partition), 2)
  t.match(text(), /reading a record failed/)
  t.notMatch(text(), /SECRET/)
})

t.test('a dead letter that kafkajs cannot write is kept without its original headers', async t => {
  const { clock, producer, partition, take } = setUp(t)
  producer.isHeld = topic => topic === 'dead'
  take({ offset: 0, id: 'odd', value: '{', headers: { big: 'y' } })
  await clock.advance(20)
  for (let attempt = 0; attempt < 3; attempt++) {
    producer.requests.filter(({ topic }) => topic === 'dead').at(-1)!.fail(new TypeError('no string'))
    if (attempt === 2) producer.isHeld = () => false
    await clock.advance(1_000)
  }
  t.match(producer.of('dead')[0], { key: 'odd', value: '{', headers: { 'error-code': 'ERR_INVALID_JSON', 'source-offset': '0' } })
  t.notOk('big' in producer.of('dead')[0]!.headers)
  t.equal(offsetOf(partition), 1)
})

t.test('an answer that could not be sent by the deadline is late, and the decision is manual', async t => {
  const { clock, client, producer, metrics, take, decisions } = setUp(t)
  producer.isHeld = () => true
  take({ offset: 0, id: 'a' })
  client.answerTo('a')
  await settled()
  producer.requests[0]!.fail(failures.refused())
  await clock.advance(100)
  producer.requests[1]!.fail(failures.refused())
  producer.isHeld = () => false
  clock.stall(TIMEOUT_MS)
  await clock.advance(1_000)
  t.strictSame(decisions(), ['a timeout'])
  t.match(JSON.parse(producer.of('late')[0]!.value!), { id: 'a', category: 'delivery' })
  t.strictSame(metrics.counts, { 'produceFailed:results': 2, late: 1, 'decided:manual:timeout': 1 })
})

t.test('unless it may have been written: then it stays what it is, to the byte', async t => {
  for (const failure of [failures.closed, failures.timedOut, failures.closedAndUnreachable, () => failures.protocol('NOT_LEADER_FOR_PARTITION')]) {
    const { clock, client, producer, partition, take } = setUp(t)
    producer.isHeld = () => true
    take({ offset: 0, id: 'a' })
    client.answerTo('a')
    await settled()
    producer.requests[0]!.fail(failure(), true)
    producer.isHeld = () => false
    clock.stall(2 * TIMEOUT_MS)
    await clock.advance(1_000)
    t.equal(producer.of('results').length, 2)
    t.equal(new Set(producer.of('results').map(({ value }) => value)).size, 1, producer.of('results')[1]!.value!)
    t.strictSame(partition.uncommitted(), { offset: 1, resultsFrom: 2 })
  }
})

t.test('writes nothing while the partitions may be another\'s, and in order afterwards', async t => {
  const { clock, client, producer, gate, flow, take, decisions } = setUp(t)
  gate.isOpen = false
  for (const [offset, id] of ['a', 'b', 'c'].entries()) take({ offset, id, key: 'k' })
  take({ offset: 3, id: 'poison', value: '{' })
  for (const id of ['c', 'a', 'b']) client.answerTo(id)
  await clock.advance(5_000)
  t.equal(producer.requests.length, 0)
  gate.isOpen = true
  flow.wake()
  await settled()
  t.strictSame(decisions(), ['poison invalid', 'a delivery', 'b delivery', 'c delivery'])

  gate.isOpen = false
  take({ offset: 4, id: 'd' })
  client.answerTo('d')
  await clock.advance(TIMEOUT_MS)
  gate.isOpen = true
  flow.wake()
  await settled()
  t.equal(decisions().at(-1), 'd timeout', 'it was too late by then')
})

t.test('of one key, who is due together goes out in order, although the API answered only about the later one', async t => {
  const { clock, client, take, decisions } = setUp(t)
  take({ offset: 0, id: 'first', key: 'customer' })
  take({ offset: 1, id: 'second', key: 'customer' })
  client.answerTo('second')
  await settled()
  t.strictSame(decisions(), [])
  await clock.advance(TIMEOUT_MS)
  await settled()
  t.strictSame(decisions().map(decision => decision.split(' ')[0]), ['first', 'second'])
})

t.test('decisions of one key go out in order, but none waits beyond its deadline', async t => {
  const { clock, client, partition, take, decisions } = setUp(t)
  take({ offset: 0, id: 'a', key: 'k' })
  take({ offset: 1, id: 'b', key: 'k', headers: { deadline: String(clock.now + 1_000) } })
  take({ offset: 2, id: 'c', key: 'k' })
  take({ offset: 3, id: 'd', key: 'l' })
  for (const id of ['c', 'b', 'd']) client.answerTo(id)
  await clock.advance(999)
  t.strictSame(decisions(), ['d delivery'])
  await clock.advance(1)
  t.strictSame(decisions(), ['d delivery', 'b timeout'], 'an answer that goes out at its deadline is late')
  client.answerTo('a')
  await settled()
  t.strictSame(decisions(), ['d delivery', 'b timeout', 'a delivery', 'c delivery'])
  take({ offset: 4, id: 'old', key: 'k', timestamp: clock.now - 60_000 })
  take({ offset: 5, id: 'e', key: 'm' })
  take({ offset: 6, id: 'older', key: 'm', timestamp: clock.now - 60_000 })
  await clock.advance(10)
  t.strictSame(decisions().slice(4), ['old timeout', 'older timeout'], 'an expired one waits for nobody')
  t.equal(partition.order.size, 1)
})

t.test('what another member decided meanwhile is dropped, and what is still open goes on', async t => {
  const { clock, client, producer, metrics, decided, partition, take, reopen, decisions } = setUp(t)
  partition.state = 'recovering'
  for (const [offset, id] of ['committed', 'found', 'found-and-asked', 'mine', 'asked'].entries()) take({ offset, id, key: 'k' })
  take({ offset: 5, id: 'found' })
  take({ offset: 6, id: 'alone' })
  for (const id of ['mine', 'found', 'alone']) client.answerTo(id)
  await clock.advance(100)
  t.strictSame(decisions(), [], 'not before it is known')
  decided.add('found', { resultOffset: 70, sourcePartition: 0, sourceOffset: 1, isInvalid: false })
  decided.add('found-and-asked', { resultOffset: 60, sourcePartition: 0, sourceOffset: 2, isInvalid: false })
  reopen(1)
  await settled()
  t.strictSame(decisions(), ['alone delivery', 'mine delivery'])
  t.strictSame(partition.uncommitted(), { offset: 4, resultsFrom: 0 }, 'what is decided and not committed begins with the first result')
  client.answerTo('found-and-asked')
  client.answerTo('committed')
  client.answerTo('asked')
  await clock.advance(TIMEOUT_MS)
  t.strictSame(decisions(), ['alone delivery', 'mine delivery', 'asked delivery'])
  t.strictSame(partition.uncommitted(), { offset: 7, resultsFrom: 71 })
  t.equal(partition.inFlight.size, 0)
  t.equal(partition.order.size, 0)
  t.match(metrics.counts, { replay: 3 })
  t.equal(producer.mostConcurrent, 1)
})

t.test('a request that was on the wire in a rebalance counts once, whatever was found of it', async t => {
  const { client, producer, metrics, decided, partition, take, reopen, held } = setUp(t)
  held('results')
  take({ offset: 0, id: 'a' })
  take({ offset: 1, id: 'b' })
  client.answerTo('a')
  client.answerTo('b')
  await settled()
  partition.state = 'recovering'
  decided.add('a', { resultOffset: 0, sourcePartition: 0, sourceOffset: 0, isInvalid: false })
  reopen(0)
  producer.requests[0]!.succeed()
  await settled()
  t.strictSame(partition.uncommitted(), { offset: 2, resultsFrom: 2 })
  t.equal(producer.requests.length, 1)
  t.strictSame(metrics.counts, { replay: 1, 'decided:classified:null': 1 })
})

t.test('a lost partition takes its work with it, and no other\'s', async t => {
  const { clock, client, producer, flow, partition, partitionOf, take, held } = setUp(t, { concurrency: 2 })
  const other = partitionOf(1)
  held('results')
  take({ offset: 0, id: 'on-the-wire' })
  client.answerTo('on-the-wire')
  await settled()
  take({ offset: 1, id: 'to-be-written' })
  take({ offset: 2, id: 'asked' })
  client.answerTo('to-be-written')
  await settled()
  take({ offset: 0, id: 'other' }, other)
  take({ offset: 3, id: 'waits' })
  flow.lost(partition)
  producer.isHeld = () => false
  client.answerTo('other')
  producer.requests[0]!.succeed()
  await clock.advance(2 * TIMEOUT_MS)
  t.strictSame(producer.decisions.map(({ id }) => id).sort(), ['on-the-wire', 'other'])
  t.notOk(client.asked.includes('waits'))
  t.equal(offsetOf(partition), undefined, 'nothing to commit for what is not ours')
  t.equal(offsetOf(other), 1)
})

t.test('drains what is with the API or on its way to Kafka, and asks about nothing more', async t => {
  const { clock, client, flow, take, decisions, held, producer } = setUp(t, { concurrency: 1 })
  t.notOk(flow.isBusy)
  take({ offset: 0, id: 'asked' })
  take({ offset: 1, id: 'waits', headers: { deadline: String(clock.now + 500) } })
  take({ offset: 2, id: 'never' })
  flow.drain()
  t.ok(flow.isBusy)
  held('results')
  client.answerTo('asked')
  await clock.advance(50)
  t.strictSame(client.asked, ['asked'])
  t.ok(flow.isBusy, 'not acknowledged')
  producer.isHeld = () => false
  producer.requests[0]!.succeed()
  await settled()
  t.notOk(flow.isBusy, 'what waits for the API is another\'s')
  await clock.advance(500)
  t.strictSame(decisions(), ['asked delivery', 'waits timeout'], 'as long as it goes on it keeps deadlines')
})

t.test('decisions do not share a producer with dead letters and late answers', async t => {
  const sideProducer = new FakeProducer()
  const { clock, client, producer, take } = setUp(t, { sideProducer })
  take({ offset: 0, id: 'poison', value: '{' })
  take({ offset: 1, id: 'late', headers: { deadline: String(clock.now + 50) } })
  await clock.advance(100)
  client.calls[0]!.onLate!(classification('late'), 30)
  await settled()
  t.strictSame(producer.requests.map(({ topic }) => topic), ['results', 'results'])
  t.strictSame(sideProducer.requests.map(({ topic }) => topic), ['dead', 'late'])
})

t.test('late answers that wait for Kafka are bounded, and closing ends everything', async t => {
  const { clock, client, producer, flow, take, held } = setUp(t, { concurrency: 2_000 })
  held('late')
  for (let offset = 0; offset < 1_500; offset++) take({ offset, headers: { deadline: String(clock.now + 100) } })
  await clock.advance(100)
  for (const call of client.calls) call.onLate!(classification(call.inquiry.id), 5)
  await settled()
  take({ offset: 2_000, id: 'open' })
  producer.isHeld = () => false
  const closing = flow.close()
  for (const request of producer.requests) request.succeed()
  await closing
  t.equal(producer.of('late').length, 500, 'the request in flight')
  client.answerTo('open')
  await clock.advance(2 * TIMEOUT_MS)
  t.equal(producer.decisions.length, 1_500)
  t.equal(clock.timers, 0)
})
