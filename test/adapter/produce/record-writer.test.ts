import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { ISocketFactory } from 'kafkajs'
import t, { type Test } from 'tap'
import { wasRefused } from '../../../adapter/produce/ambiguity.ts'
import { fencedSockets, watchedSockets } from '../../../adapter/produce/fenced-socket.ts'
import { RecordWriter, type RecordWriterOptions } from '../../../adapter/produce/record-writer.ts'
import { FakeProducer, failures, kafkaError, silent } from '../fakes.ts'
import { VirtualClock, settled } from '../virtual-clock.ts'

interface Item { readonly id: string, text: string, verdict: 'send' | 'hold' | 'drop' }

function setUp (t: Test, options: Partial<RecordWriterOptions<Item>> = {}) {
  const clock = VirtualClock.install(t)
  const producer = new FakeProducer()
  producer.isHeld = () => true
  const written: string[] = []
  const encoded: string[] = []
  const failed: unknown[] = []
  const writer = new RecordWriter<Item>({
    producer,
    topic: 'results',
    partition: 3,
    log: silent,
    admit: ({ verdict }) => verdict,
    encode: ({ id, text }, mayBeWritten) => {
      encoded.push(`${id}${mayBeWritten ? '!' : ''}`)
      return { key: id, value: JSON.stringify({ id, text }) }
    },
    written: ({ id }, offset) => { written.push(`${id}@${offset}`) },
    failed: error => { failed.push(error) },
    requestsSent: () => producer.sent,
    ...options
  })
  const push = (...ids: string[]) => ids.map(id => {
    const item: Item = { id, text: 'x', verdict: 'send' }
    writer.push(item)
    return item
  })
  const request = (number: number) => producer.requests[number]!
  return { clock, producer, writer, written, encoded, failed, push, request }
}

t.test('writes in the order of pushing, one request at a time', async t => {
  const { producer, writer, written, push, request } = setUp(t)
  push('a', 'b')
  await settled()
  push('c')
  push('d')
  await settled()
  t.strictSame(producer.requests.map(({ ids }) => ids), [['a', 'b']], 'of one moment together; the others wait for the answer')
  t.strictSame(request(0).messages.map(({ partition }) => partition), [3, 3])
  t.strictSame(written, [])
  request(0).succeed()
  await settled()
  t.strictSame(producer.requests.map(({ ids }) => ids), [['a', 'b'], ['c', 'd']])
  request(1).succeed()
  await settled()
  t.strictSame(written, ['a@0', 'b@1', 'c@2', 'd@3'], 'with the offset of each')
  t.equal(producer.mostConcurrent, 1)
  t.equal(writer.size, 0)
})

t.test('what is pushed in the very moment in which it ends is not left lying', async t => {
  for (let turns = 0; turns < 6; turns++) {
    let pushed = false
    const { producer, written, push, request } = setUp(t, {
      written: ({ id }) => {
        written.push(id)
        const later = (left: number) => { if (left > 0) queueMicrotask(() => later(left - 1)); else push(`after ${turns} microtasks`) }
        if (!pushed) later(turns)
        pushed = true
      }
    })
    producer.isHeld = topic => topic === 'none'
    push('a')
    await settled()
    t.strictSame(written, ['a', `after ${turns} microtasks`])
    t.equal(request(1).ids.length, 1)
  }
})

t.test('keeps the order across failures, and tries until it is acknowledged', async t => {
  const { clock, producer, written, failed, push, request } = setUp(t)
  push('a', 'b')
  await settled()
  push('c')
  for (let attempt = 0; attempt < 8; attempt++) {
    request(attempt).fail(failures.refused())
    await clock.advance(1_000)
  }
  t.equal(producer.requests.length, 9, 'at least once a second')
  t.strictSame(request(8).ids, ['a', 'b', 'c'])
  request(8).succeed()
  await settled()
  t.strictSame(written, ['a@0', 'b@1', 'c@2'])
  t.equal(failed.length, 8)
  t.equal(clock.timers, 0)
})

t.test('what may have been written keeps its bytes, and what certainly was not may change', async t => {
  const { clock, producer, encoded, push, request } = setUp(t)
  push('a')
  await settled()
  request(0).fail(failures.refused())
  await clock.advance(1_000)
  request(1).fail(failures.closed(), true)
  push('b')
  await clock.advance(1_000)
  request(2).fail(failures.refused())
  await clock.advance(1_000)
  request(3).succeed()
  await settled()
  t.strictSame(encoded, ['a', 'a', 'a!', 'b', 'a!', 'b'])
  t.equal(producer.records.length, 3)
})

t.test('an error that kafkajs throws in place of the broken request says nothing', async t => {
  const { clock, producer, encoded, push, request } = setUp(t)
  push('a')
  await settled()
  request(0).fail(failures.closedAndUnreachable(), true)
  await clock.advance(1_000)
  t.strictSame(encoded, ['a', 'a!'], 'a request went out, so it may be written, whatever came after it')

  const later = setUp(t, { requestsSent: () => 7 })
  later.push('a')
  await settled()
  later.request(0).fail(failures.closedAndUnreachable())
  await later.clock.advance(1_000)
  t.strictSame(later.encoded, ['a', 'a'], 'no request went out')
  producer.isHeld = () => false

  const unwitnessed = setUp(t, { requestsSent: undefined })
  unwitnessed.push('a')
  await settled()
  unwitnessed.request(0).fail(failures.closedAndUnreachable())
  await unwitnessed.clock.advance(1_000)
  t.strictSame(unwitnessed.encoded, ['a', 'a!'], 'nobody looked')
})

t.test('holds and drops as it is told at each attempt', async t => {
  const { clock, producer, writer, written, push, request } = setUp(t)
  const [a, b, c, d] = push('a', 'b', 'c', 'd') as [Item, Item, Item, Item]
  b.verdict = 'hold'
  c.verdict = 'drop'
  await settled()
  t.strictSame(request(0).ids, ['a', 'd'])
  a.verdict = 'drop'
  request(0).fail(failures.closed())
  await clock.advance(1_000)
  t.strictSame(request(1).ids, ['d'], 'no longer wanted')
  request(1).succeed()
  await settled()
  t.equal(writer.size, 1)
  writer.wake()
  await settled()
  t.equal(producer.requests.length, 2, 'still held')
  b.verdict = 'send'
  writer.wake()
  await settled()
  request(2).succeed()
  await settled()
  t.strictSame(written, ['d@0', 'b@1'])
  d.verdict = 'hold'
})

t.test('a request has so many records and bytes at most', async t => {
  const { producer, writer, push, written } = setUp(t)
  producer.isHeld = () => false
  push(...Array.from({ length: 1_200 }, (_, number) => `n${number}`))
  await settled()
  t.strictSame(producer.requests.map(({ ids }) => ids.length), [500, 500, 200])
  for (const id of ['x', 'y', 'z']) writer.push({ id, text: 'x'.repeat(300_000), verdict: 'send' })
  push('small')
  await settled()
  t.strictSame(producer.requests.slice(3).map(({ ids }) => ids), [['x'], ['y'], ['z', 'small']])
  t.equal(written.length, 1_204)
})

t.test('one record that brokers find too large does not stop the others, nor stay for ever', async t => {
  const { clock, producer, push, written } = setUp(t, { shorten: ({ key }) => ({ key: key!, value: '{"id":"shortened"}' }) })
  const answered = new Set<unknown>()
  const answer = () => {
    for (const request of producer.requests) {
      if (answered.has(request)) continue
      answered.add(request)
      if (request.ids.includes('large')) request.fail(failures.protocol('MESSAGE_TOO_LARGE'))
      else request.succeed()
    }
  }
  push('a', 'large', 'b', 'c')
  for (let turn = 0; turn < 10; turn++) {
    await clock.advance(1_000)
    answer()
  }
  await settled()
  t.strictSame(written, ['a@0', 'large@1', 'b@2', 'c@3'])
  t.equal(producer.records[1]!.value, '{"id":"shortened"}')
})

t.test('one record that kafkajs cannot encode does not stop the others, nor stay for ever', async t => {
  const reasons: string[] = []
  const { clock, producer, push, written } = setUp(t, {
    shorten: ({ key }, why) => {
      reasons.push(why)
      return { key: key!, value: '{"id":"shortened"}' }
    }
  })
  const answered = new Set<unknown>()
  push('a', 'odd', 'b')
  for (let turn = 0; turn < 12; turn++) {
    await clock.advance(1_000)
    for (const request of producer.requests) {
      if (answered.has(request)) continue
      answered.add(request)
      if (request.ids.includes('odd')) request.fail(kafkaError('KafkaJSNonRetriableError', { cause: new TypeError('The "string" argument must be of type string') }))
      else request.succeed()
    }
  }
  await settled()
  t.strictSame(written, ['a@0', 'odd@1', 'b@2'])
  t.equal(producer.requests.filter(({ ids }) => String(ids) === 'odd').length, 3, 'not at the first attempt: kafkajs throws alike for passing reasons')
  t.strictSame(reasons, ['unencodable'])
})

t.test('ends after the request in flight, or at once where it only waits to try again', async t => {
  const { clock, producer, writer, written, push, request } = setUp(t)
  push('a')
  await settled()
  push('b')
  let isClosed = false
  const closing = writer.close().then(() => { isClosed = true })
  await settled()
  t.notOk(isClosed)
  request(0).succeed()
  await closing
  t.strictSame(written, ['a@0'])
  push('c')
  writer.wake()
  await clock.advance(5_000)
  t.equal(producer.requests.length, 1)

  const other = setUp(t)
  other.push('a')
  await settled()
  other.request(0).fail(failures.closed())
  await settled()
  await other.writer.close()
  t.equal(other.clock.timers, 0)
})

t.test('only what the broker says before it appends is a refusal', async t => {
  for (const type of ['NOT_ENOUGH_REPLICAS', 'MESSAGE_TOO_LARGE']) t.ok(wasRefused(failures.protocol(type)), type)
  for (const type of ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'REQUEST_TIMED_OUT', 'NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION', 'NETWORK_EXCEPTION', 'UNKNOWN', '']) t.notOk(wasRefused(failures.protocol(type)), type)
  for (const error of [failures.closed(), failures.timedOut(), failures.closedAndUnreachable(), new Error('x'), 'x', undefined, kafkaError('KafkaJSNoBrokerAvailableError')]) t.notOk(wasRefused(error))
  const circle = new Error('x')
  circle.cause = circle
  t.notOk(wasRefused(circle))
})

t.test('a produce request leaves the process only while the partitions are its own', async t => {
  const sockets: Array<Socket & { sent: Buffer[], destroyed: boolean }> = []
  const open: ISocketFactory = () => {
    const socket = Object.assign(new EventEmitter(), { sent: [] as Buffer[], destroyed: false, write: (chunk: Buffer) => Boolean(socket.sent.push(chunk)), destroy: () => { socket.destroyed = true } })
    sockets.push(socket as unknown as typeof sockets[number])
    return socket as unknown as Socket
  }
  let mayProduce = true
  let told = 0
  const socket = fencedSockets(open, () => mayProduce, () => { told++ })({ host: 'x', port: 1, ssl: undefined!, onConnect: () => {} })
  const request = (apiKey: number) => Buffer.from([0, 0, 0, 9, 0, apiKey, 0, 7, 0])
  t.ok(socket.write(request(0)))
  mayProduce = false
  t.ok(socket.write(request(3)), 'metadata may be asked for at any time')
  t.ok(socket.write(Buffer.from([0, 0])))
  t.notOk(sockets[0]!.destroyed)
  t.notOk(socket.write(request(0)))
  t.ok(sockets[0]!.destroyed)
  t.equal(sockets[0]!.sent.length, 3)
  t.equal(told, 1, 'tells of what went out')

  const apiKeys: number[] = []
  const watched = watchedSockets(open, apiKey => Boolean(apiKeys.push(apiKey)))({ host: 'x', port: 1, ssl: undefined!, onConnect: () => {} })
  for (const apiKey of [11, 13]) t.ok(watched.write(request(apiKey)))
  t.strictSame(apiKeys, [11, 13], 'joining and leaving are seen before they go out')
})
