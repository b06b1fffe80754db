import t, { type Test } from 'tap'
import { type Codec, createInquiryClient, type InquiryClientError, type InquiryClientOptions } from '../../../adapter/client/index.ts'
import type { DecisionMessage } from '../../../openapi/index.ts'
import { FakeKafka } from './fake-kafka.ts'

/** Timers are short here, and a busy machine may be late by this much. */
const SCHEDULING_MS = 400
const TEXT = 'Meine Bohrmaschine lädt nicht mehr'

t.test('is what the package exports', async t => {
  const name: string = 'inquiry-matching/client' // not a literal: its declarations are made by this very build
  t.equal((await import(name) as { createInquiryClient: unknown }).createInquiryClient, createInquiryClient)
})

t.test('gives back what the adapter decided', async t => {
  const kafka = new FakeKafka()
  const client = start(t, kafka)
  const before = Date.now()
  const waiting = client.classify({ id: 'a1', text: TEXT, locale: 'de-DE' }, { headers: { traceparent: '00-1-2-01', deadline: '1' } })
  const record = await kafka.nthSend(1)
  t.strictSame(JSON.parse(String(record.value)), { id: 'a1', text: TEXT, locale: 'de-DE' })
  t.equal(record.key, 'a1')
  t.equal(record.headers?.traceparent, '00-1-2-01')
  t.ok(Number(record.timestamp) >= before && Number(record.timestamp) <= Date.now(), 'the record says when the inquiry came')
  t.equal(Number(record.headers?.deadline) - Number(record.timestamp), 1_750, 'the adapter has less time than the caller, by what the way back takes')
  t.equal(client.pending, 1)

  kafka.write(classified('a1'), 1)
  t.strictSame(await waiting, { ...classified('a1'), source: 'adapter', fallback: null })
  t.equal(client.pending, 0)

  client.classify({ id: 'a2', text: TEXT }, { key: 'customer-7', timeoutMs: 100 })
  t.equal((await kafka.nthSend(2)).key, 'customer-7')
  t.equal(Number(kafka.sends[1]!.headers?.deadline) - Number(kafka.sends[1]!.timestamp), 50, 'never more than half the time')
})

t.test('the first result counts, also before the send is acknowledged', async t => {
  const kafka = new FakeKafka()
  let acknowledge = () => {}
  kafka.sendOutcomes.push(new Promise(resolve => { acknowledge = resolve }))
  const client = start(t, kafka)
  const waiting = client.classify({ id: 'a1', text: TEXT })
  await kafka.nthSend(1)
  kafka.write(classified('somebody-elses'))
  kafka.write(classified('a1', 'tools'))
  kafka.write(classified('a1', 'garden'))
  t.equal((await waiting).category, 'tools')
  acknowledge()

  const again = client.classify({ id: 'a1', text: TEXT })
  await kafka.nthSend(2)
  kafka.write(classified('a1', 'paint'))
  t.equal((await again).category, 'paint', 'an id may be asked for again later')
})

t.test('decides by its own timer whatever is broken', async t => {
  const cases = [
    { broken: 'Kafka refuses connections', health: 'refuses', fallback: 'not_sent' },
    { broken: 'Kafka accepts connections and hangs', health: 'hangs', fallback: 'not_sent' },
    { broken: 'the group never forms', held: true, fallback: 'no_decision' },
    { broken: 'the adapter is silent', fallback: 'no_decision' },
    { broken: 'the broker takes the record and hangs', outcome: new Promise<void>(() => {}), fallback: 'not_acknowledged' },
    { broken: 'the broker dies while it writes', outcome: error('KafkaJSRequestTimeoutError'), fallback: 'not_acknowledged' },
    { broken: 'the broker is gone: kafkajs says so too when the record may have been written', outcome: Object.assign(error('KafkaJSConnectionError'), { code: 'ECONNREFUSED' }), fallback: 'not_acknowledged' }
  ] as const
  for (const { broken, fallback, ...fault } of cases) {
    const kafka = new FakeKafka({ health: 'health' in fault ? fault.health : 'works' })
    if ('held' in fault) kafka.joinsAreHeld = true
    if ('outcome' in fault) kafka.sendOutcomes.push(fault.outcome)
    const client = createInquiryClient({ kafka: kafka.client, timeoutMs: 200, stopTimeoutMs: 50 })
    const from = performance.now()
    const decision = await client.classify({ id: 'a1', text: TEXT })
    const took = performance.now() - from
    t.match(decision, { id: 'a1', decision: 'manual', category: null, confidence: null, reason: 'timeout', alternatives: [], model: null, source: 'client', fallback }, broken)
    t.ok(took >= 195 && took < 200 + SCHEDULING_MS, `${broken}: ${took.toFixed(0)} ms`)
    t.equal(client.pending, 0)
    await client.stop()
    kafka.health = 'works'
    kafka.joinsAreHeld = false
  }
})

t.test('waits for Kafka as long as there is time, and sends nothing that is too late', async t => {
  const kafka = new FakeKafka({ health: 'refuses' })
  const client = start(t, kafka, { timeoutMs: 5_000 })
  const errors = client.errors
  await Promise.all(Array.from({ length: 100 }, async (_, index) => {
    t.equal((await client.classify({ id: `late-${index}`, text: TEXT }, { timeoutMs: 50 })).fallback, 'not_sent')
  }))
  const waiting = client.classify({ id: 'in-time', text: TEXT })
  t.equal(client.connected, false)
  t.equal(await client.ready(10), false)
  kafka.health = 'works'
  t.equal(await client.ready(4_000), true)
  t.equal(client.connected, true)
  await kafka.nthSend(1)
  kafka.write(classified('in-time'))
  t.equal((await waiting).source, 'adapter')
  t.strictSame(kafka.sends.map(({ key }) => key), ['in-time'])
  t.ok(errors.length > 0 && errors.every(({ code, cause }) => code === 'ERR_KAFKA' && cause instanceof Error), 'tells what it ran into')
})

t.test('says whether Kafka can be reached, and when it can again', async t => {
  const kafka = new FakeKafka()
  const client = start(t, kafka)
  t.equal(client.connected, false)
  t.equal(await client.ready(2_000), true)

  kafka.sendOutcomes.push(error('KafkaJSRequestTimeoutError'))
  const waiting = client.classify({ id: 'a1', text: TEXT }, { timeoutMs: 1_000 })
  await kafka.nthSend(1)
  await new Promise(setImmediate)
  t.equal(client.connected, false, 'a send has failed')
  t.equal(await client.ready(2_000), true)
  t.equal((await waiting).fallback, 'no_decision')

  const now = performance.now()
  t.intercept(performance, 'now', { value: () => now + 10_000 })
  t.equal(client.connected, false, 'nothing was heard of the group for long')
  const again = client.ready(60_000)
  kafka.consumers[0]!.heartbeat()
  t.equal(await again, true)
})

t.test('misses no result: while the group forms, while it is given out anew, after a crash, in a new partition', async t => {
  const kafka = new FakeKafka()
  kafka.write(null)
  kafka.joinsAreHeld = kafka.endsAreHeld = true
  const client = start(t, kafka)

  const first = client.classify({ id: 'forming', text: TEXT })
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
  t.equal(kafka.sends.length, 0, 'nothing is sent before it is known where results begin')
  kafka.endsAreHeld = false
  await kafka.nthSend(1)
  kafka.write(classified('forming'))
  kafka.joinsAreHeld = false
  t.equal((await first).source, 'adapter')

  const [consumer] = kafka.consumers
  const second = client.classify({ id: 'rebalancing', text: TEXT })
  await kafka.nthSend(2)
  kafka.results[1]!.push(Buffer.from(JSON.stringify(classified('rebalancing'))))
  consumer!.rejoin()
  t.equal((await second).source, 'adapter')

  const third = client.classify({ id: 'crashed', text: TEXT })
  await kafka.nthSend(3)
  consumer!.crash()
  kafka.write(classified('crashed'))
  t.equal((await third).source, 'adapter')
  t.equal(kafka.consumers.length, 2, 'by another consumer')

  const fourth = client.classify({ id: 'new-partition', text: TEXT })
  await kafka.nthSend(4)
  kafka.results.push([Buffer.from(JSON.stringify(classified('new-partition'))), null])
  kafka.consumers[1]!.rejoin()
  t.equal((await fourth).source, 'adapter')
  kafka.consumers[1]!.rejoin()
  await new Promise(setImmediate)
  t.equal(client.malformed, 1, 'and reads none twice, nor what was there before')
})

t.test('sends again what may not have been written, and gives up at once what the broker refuses', async t => {
  const kafka = new FakeKafka()
  kafka.sendOutcomes.push(error('KafkaJSRequestTimeoutError'), Object.assign(error('KafkaJSProtocolError'), { type: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: true }))
  const client = start(t, kafka)
  const waiting = client.classify({ id: 'again', text: TEXT })
  await kafka.nthSend(3)
  kafka.write(classified('again'))
  t.equal((await waiting).source, 'adapter')
  t.strictSame(kafka.sends.map(({ key }) => key), ['again', 'again', 'again'])

  const tooLarge = Object.assign(error('KafkaJSProtocolError'), { type: 'MESSAGE_TOO_LARGE', retriable: false })
  kafka.sendOutcomes.push(Object.assign(error('KafkaJSNonRetriableError'), { cause: tooLarge }))
  const from = performance.now()
  t.match(await client.classify({ id: 'large', text: TEXT }), { decision: 'manual', reason: 'api_unavailable', source: 'client', fallback: 'refused' })
  t.ok(performance.now() - from < 1_000)
  t.equal(kafka.sends.length, 4)
  t.strictSame(client.errors.map(({ code }) => code), ['ERR_KAFKA', 'ERR_KAFKA', 'ERR_KAFKA_REFUSED'])
})

t.test('passes over results that it cannot read', async t => {
  const kafka = new FakeKafka()
  const client = start(t, kafka)
  const waiting = client.classify({ id: 'a1', text: TEXT })
  await kafka.nthSend(1)
  const bad = [
    null,
    Buffer.from('geheim'),
    Buffer.from([0xff]),
    Buffer.from('null'),
    Buffer.from(JSON.stringify({ id: 'a1', decision: 'manual' })),
    Buffer.from(JSON.stringify({ ...classified('a1'), category: null })),
    Buffer.from(JSON.stringify({ ...classified('a1'), alternatives: [{}] }))
  ]
  for (const value of bad) kafka.write(value)
  kafka.write({ ...classified('a1'), model: null, confidence: null, category: null, decision: 'manual', reason: 'out_of_scope' })
  t.match(await waiting, { decision: 'manual', reason: 'out_of_scope', source: 'adapter' })
  t.equal(client.malformed, bad.length)
  t.equal(client.errors.length, bad.length)
  t.ok(client.errors.every(({ code, message, cause }) => code === 'ERR_MALFORMED_DECISION' && /partition 0, offset \d/.test(message) && !String(cause).includes('geheim')))
})

t.test('a codec of the app writes and reads the values', async t => {
  const kafka = new FakeKafka()
  const codec: Codec = {
    encodeInquiry: async ({ id, text }) => {
      if (id === 'broken') throw new Error('registry is away')
      if (id === 'slow') await new Promise(resolve => setTimeout(resolve, 100))
      return Buffer.from(`${id}|${text}`)
    },
    decodeDecision: async value => {
      const [id, category] = value.toString().split('|')
      return classified(id!, category!)
    }
  }
  const client = start(t, kafka, { codec })
  const waiting = client.classify({ id: 'a1', text: TEXT })
  t.equal(String((await kafka.nthSend(1)).value), `a1|${TEXT}`)
  kafka.write(Buffer.from('a1|paint'))
  t.equal((await waiting).category, 'paint')
  t.match(await client.classify({ id: 'broken', text: TEXT }), { decision: 'manual', reason: 'api_unavailable', fallback: 'refused' })
  t.equal(client.errors[0]?.code, 'ERR_CODEC')
  t.equal((await client.classify({ id: 'slow', text: TEXT }, { timeoutMs: 20 })).fallback, 'not_sent')
  await new Promise(resolve => setTimeout(resolve, 150))
  t.equal(kafka.sends.length, 1)
})

t.test('rejects what the caller did wrong, and only that', async t => {
  const kafka = new FakeKafka()
  const client = start(t, kafka)
  const invalid = await client.classify({ id: 'a b', text: ' ', subject: 'geheim'.repeat(100) }).then(() => undefined, error => error as InquiryClientError)
  t.equal(invalid?.code, 'ERR_INVALID_INQUIRY')
  t.strictSame(invalid?.fields.map(({ path }) => path), ['/id', '/text', '/subject'])
  t.notMatch(JSON.stringify(invalid) + invalid?.message, 'geheim')
  for (const value of [undefined, null, 'text', {}]) await t.rejects(client.classify(value as never), { code: 'ERR_INVALID_INQUIRY' })
  await t.rejects(client.classify({ id: 'a1', text: TEXT }, { timeoutMs: NaN }), { code: 'ERR_INVALID_OPTIONS' })
  t.match(await client.classify({ id: 'a1', text: TEXT }, { timeoutMs: -5 }), { decision: 'manual', reason: 'timeout', fallback: 'not_sent' })
  t.throws(() => createInquiryClient({ kafka: kafka.client, timeoutMs: NaN }), { code: 'ERR_INVALID_OPTIONS' })
  t.throws(() => createInquiryClient({ kafka: { brokers: [] } }), { code: 'ERR_INVALID_OPTIONS' })
  t.equal(kafka.sends.length, 0)
})

t.test('a signal ends the wait with a decision', async t => {
  const kafka = new FakeKafka()
  const client = start(t, kafka)
  const controller = new AbortController()
  const warnings: Error[] = []
  const warn = (warning: Error) => { warnings.push(warning) }
  process.on('warning', warn)
  t.teardown(() => process.off('warning', warn))
  const waiting = Array.from({ length: 20 }, (_, index) => client.classify({ id: `a${index}`, text: TEXT }, { signal: controller.signal }))
  await kafka.nthSend(20)
  controller.abort()
  for (const decision of await Promise.all(waiting)) t.match(decision, { decision: 'manual', reason: 'timeout', source: 'client', fallback: 'aborted' })
  t.match(await client.classify({ id: 'b1', text: TEXT }, { signal: controller.signal }), { fallback: 'aborted' })
  await new Promise(setImmediate)
  t.strictSame(warnings, [], 'Node does not mind that many share it')
  t.equal(kafka.sends.length, 20)
})

t.test('calls with the same id share one inquiry, each with its own timer', async t => {
  const kafka = new FakeKafka()
  const client = start(t, kafka)
  const patient = client.classify({ id: 'a1', text: TEXT })
  await kafka.nthSend(1)
  const hasty = client.classify({ id: 'a1', text: TEXT }, { timeoutMs: 50 })
  t.equal(client.pending, 2)
  t.equal((await hasty).fallback, 'no_decision')
  kafka.write(classified('a1'))
  t.equal((await patient).source, 'adapter')
  t.equal(kafka.sends.length, 1)
})

t.test('gives Kafka no more than it takes: what it does not confirm is held, and taken back at the deadline', async t => {
  const kafka = new FakeKafka()
  const client = start(t, kafka, { timeoutMs: 300 })
  await client.ready(2_000)
  kafka.health = 'hangs'
  const decisions = await Promise.all(Array.from({ length: 700 }, async (_, index) => await client.classify({ id: `a${index}`, text: TEXT })))
  t.equal(kafka.sends.length, 500)
  t.equal(decisions.filter(({ fallback }) => fallback === 'not_acknowledged').length, 500)
  t.equal(decisions.filter(({ fallback }) => fallback === 'not_sent').length, 200)
  kafka.health = 'works'
  t.equal((await client.classify({ id: 'b', text: TEXT })).fallback, 'no_decision')
  t.equal(kafka.sends.length, 501)
})

t.test('answers at once when too many wait', async t => {
  const kafka = new FakeKafka({ health: 'hangs' })
  const client = createInquiryClient({ kafka: kafka.client, timeoutMs: 200, maxPending: 2, stopTimeoutMs: 20 })
  const waiting = [client.classify({ id: 'a1', text: TEXT }), client.classify({ id: 'a2', text: TEXT })]
  const from = performance.now()
  t.match(await client.classify({ id: 'a3', text: TEXT }), { decision: 'manual', reason: 'api_unavailable', fallback: 'overloaded' })
  t.ok(performance.now() - from < 150)
  await Promise.all(waiting)
  t.equal((await client.classify({ id: 'a4', text: TEXT }, { timeoutMs: 20 })).fallback, 'not_sent', 'there is room again')
  await client.stop()
  kafka.health = 'works'
})

t.test('stop answers what waits, closes everything and leaves no timer', async t => {
  const kafka = new FakeKafka()
  const timers = activeTimers()
  const client = createInquiryClient({ kafka: kafka.client, timeoutMs: 60_000 })
  t.equal(await client.ready(2_000), true)
  t.equal(kafka.openConnections, 2)
  const waiting = client.classify({ id: 'a1', text: TEXT }, { signal: new AbortController().signal })
  await kafka.nthSend(1)
  const [decision] = await Promise.all([waiting, client.stop(), client.stop()])
  t.match(decision, { decision: 'manual', reason: 'api_unavailable', source: 'client', fallback: 'stopped' })
  t.equal(kafka.openConnections, 0)
  await client.stop()
  await t.rejects(client.classify({ id: 'a2', text: TEXT }), { code: 'ERR_CLIENT_STOPPED' })
  t.equal(client.connected, false)
  t.equal(await client.ready(60_000), false)
  client.start()
  t.equal(kafka.consumers.length, 1)
  t.equal(activeTimers(), timers)

  kafka.sendOutcomes.push(error('KafkaJSRequestTimeoutError'))
  const failing = createInquiryClient({ kafka: kafka.client })
  const unsent = failing.classify({ id: 'a3', text: TEXT })
  await kafka.nthSend(2)
  await new Promise(setImmediate)
  await failing.stop()
  t.equal((await unsent).fallback, 'stopped')
  t.equal(activeTimers(), timers, 'not even that of the next attempt')

  await createInquiryClient({ kafka: kafka.client }).stop()
})

t.test('stop does not wait for a Kafka that hangs, and closes what opens afterwards', async t => {
  const kafka = new FakeKafka({ health: 'hangs' })
  const client = createInquiryClient({ kafka: kafka.client, stopTimeoutMs: 50 })
  const waiting = client.classify({ id: 'a1', text: TEXT })
  const becameReady = client.ready(60_000)
  const from = performance.now()
  await client.stop()
  t.ok(performance.now() - from < 50 + SCHEDULING_MS)
  t.equal((await waiting).fallback, 'stopped')
  t.equal(await becameReady, false)
  kafka.health = 'works'
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
  t.equal(kafka.openConnections, 0)
  t.equal(kafka.sends.length, 0)
})

t.test('what the app does in onError changes nothing', async t => {
  const kafka = new FakeKafka()
  const client = start(t, kafka, { onError: () => { throw new Error('of the app') } })
  const waiting = client.classify({ id: 'a1', text: TEXT })
  await kafka.nthSend(1)
  kafka.write(null)
  kafka.write(classified('a1'))
  t.equal((await waiting).source, 'adapter')
})

/** A client that is stopped with the test; `errors` is what it told. */
function start (t: Test, kafka: FakeKafka, options: Partial<InquiryClientOptions> = {}) {
  const errors: InquiryClientError[] = []
  const client = createInquiryClient({ kafka: kafka.client, timeoutMs: 2_000, stopTimeoutMs: 500, onError: error => { errors.push(error) }, ...options })
  t.teardown(async () => await client.stop())
  return Object.assign(client, { errors })
}

function classified (id: string, category = 'power-tools'): DecisionMessage {
  const time = '2026-11-23T21:45:00.000Z'
  return { id, decision: 'classified', category, confidence: 0.9, reason: null, alternatives: [{ category, confidence: 0.9 }], model: { name: 'm', version: '1.0.0' }, decidedAt: time, deadline: time }
}

function error (name: string): Error {
  return Object.assign(new Error(name), { name })
}

function activeTimers (): number {
  return process.getActiveResourcesInfo().filter(type => type === 'Timeout').length
}
