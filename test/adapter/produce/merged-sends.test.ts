import { setTimeout as sleep } from 'node:timers/promises'
import type { Producer, ProducerBatch, ProducerRecord } from 'kafkajs'
import t from 'tap'
import { MergedSendError, MergedSends } from '../../../adapter/produce/merged-sends.ts'

/** A producer that answers when it is told to, and remembers what it was asked. */
class FakeProducer implements Pick<Producer, 'send' | 'sendBatch'> {
  readonly batches: ProducerBatch[] = []
  readonly single: ProducerRecord[] = []
  readonly times: number[] = []
  answer: () => Promise<void> = async () => {}

  readonly sendBatch: Producer['sendBatch'] = async batch => {
    this.times.push(performance.now())
    this.batches.push(batch)
    await this.answer()
    return (batch.topicMessages ?? []).flatMap(({ topic, messages }) => messages.map(({ partition = 0 }) => ({ topicName: topic, partition, errorCode: 0, baseOffset: String(100 + partition) })))
  }

  readonly send: Producer['send'] = async record => {
    this.single.push(record)
    return [{ topicName: record.topic, partition: record.messages[0]?.partition ?? 0, errorCode: 0, baseOffset: '7' }]
  }
}

const record = (partition: number, value = 'x'): ProducerRecord => ({ topic: 'classes', acks: -1, messages: [{ partition, value }] })

t.test('sends of the same moment share a request, and each gets the offset of its own partition', async t => {
  const producer = new FakeProducer()
  const sends = new MergedSends({ producer })
  const answers = await Promise.all([sends.send(record(0)), sends.send(record(3)), sends.send(record(5))])
  t.equal(producer.batches.length, 1)
  t.strictSame(answers.map(([metadata]) => metadata?.baseOffset), ['100', '103', '105'])
  t.equal(producer.batches[0]!.acks, -1, 'all replicas acknowledge')
})

t.test('the first request after a quiet spell goes at once, the next after the interval', async t => {
  const producer = new FakeProducer()
  const sends = new MergedSends({ producer, intervalMs: 80 })
  const startedAt = performance.now()
  await sends.send(record(0))
  await Promise.all([sends.send(record(0)), sends.send(record(1))])
  t.ok(producer.times[0]! - startedAt < 60, 'the first')
  t.ok(producer.times[1]! - producer.times[0]! >= 75, 'the second')
  t.equal(producer.batches.length, 2)
})

t.test('what names no partition is sent as it is', async t => {
  const producer = new FakeProducer()
  await new MergedSends({ producer }).send({ topic: 'dead-letter', messages: [{ value: 'x' }] })
  t.equal(producer.single.length, 1)
  t.equal(producer.batches.length, 0)
})

t.test('when a shared request fails, none of its senders is told that its records were refused', async t => {
  const producer = new FakeProducer()
  const refusal = Object.assign(new Error('too large'), { name: 'KafkaJSProtocolError', type: 'MESSAGE_TOO_LARGE' })
  producer.answer = async () => { throw refusal }
  const sends = new MergedSends({ producer, apartMs: 50 })
  const errors = await Promise.all([0, 1].map(async partition => await sends.send(record(partition)).catch((err: unknown) => err)))
  t.ok(errors.every(error => error instanceof MergedSendError && error.cause === undefined))

  producer.answer = async () => {}
  await Promise.all([sends.send(record(0)), sends.send(record(1))])
  t.equal(producer.single.length, 2, 'afterwards each is on its own')
  await sleep(60)
  await Promise.all([sends.send(record(0)), sends.send(record(1))])
  t.equal(producer.batches.length, 2, 'and merged again after a while')
})

t.test('a failure of a request for one partition is told as it is', async t => {
  const producer = new FakeProducer()
  const refusal = new Error('too large')
  producer.answer = async () => { throw refusal }
  await t.rejects(new MergedSends({ producer }).send(record(0)), refusal)
})

t.test('a request that is stuck holds up nobody but its own partitions', async t => {
  const producer = new FakeProducer()
  let release = () => {}
  producer.answer = async () => await new Promise<void>(resolve => { release = resolve })
  const sends = new MergedSends({ producer, stuckMs: 30 })
  const stuck = sends.send(record(0))
  await sleep(50)
  await sends.send(record(1))
  t.equal(producer.single.length, 1)
  release()
  t.equal((await stuck)[0]?.baseOffset, '100')
})
