import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import kafkajs, { type Message } from 'kafkajs'
import t from 'tap'
import { stopIdlePolling } from '../../adapter/kafka/idle-polling.ts'
import { extractStep } from '../../pipelines/extract/command.ts'
import { KafkaCluster } from '../../scripts/kafka/cluster.ts'

/** From topics to labelled inquiries, on a real broker. */
t.setTimeout(120_000)
stopIdlePolling()
const cluster = await KafkaCluster.start()
t.teardown(async () => await cluster.close())
const kafka = new kafkajs.Kafka({ brokers: [cluster.bootstrap], logLevel: kafkajs.logLevel.NOTHING })
const admin = kafka.admin()
const producer = kafka.producer()
await admin.connect()
await producer.connect()
t.teardown(async () => await Promise.all([admin.disconnect(), producer.disconnect()]))
await admin.createTopics({ topics: [{ topic: 'inquiries', numPartitions: 3 }, { topic: 'inquiry-corrections', numPartitions: 2 }] })
const environment = { KAFKA_BROKERS: cluster.bootstrap }
const lake = t.testdir()
const AT = '1764000000000'

interface Extracted {
  collected: Record<'inquiries' | 'corrections', { records: number, unreadable: number, missed: number }>
  labelled: { file: string, labelled: number, withoutCorrection: number, withoutInquiry: number }
}
const extract = async (...args: string[]) => await extractStep.run(['--lake', lake, ...args], environment) as Extracted
const inquiry = (id: string, rest: object = {}): Message => ({ key: id, timestamp: AT, value: JSON.stringify({ id, text: `Frage ${id}`, locale: 'de-DE', ...rest }) })
const correction = (id: string, category: string, correctedAt: string): Message => ({ key: id, value: JSON.stringify({ id, category, correctedAt }) })
const rowsOf = (file: string) => readFileSync(file, 'utf8').trim().split('\n').filter(Boolean).map(line => JSON.parse(line) as Record<string, unknown>)

t.test('joins each inquiry with the last correction', async t => {
  await producer.send({
    topic: 'inquiries',
    messages: [inquiry('a', { channel: 'app', subject: 'Hallo' }), inquiry('b'), inquiry('c'), inquiry('a', { text: 'sent again' }), { key: 'x', value: 'no JSON' }, { key: 'y', value: null }]
  })
  await producer.send({
    topic: 'inquiry-corrections',
    messages: [correction('a', 'garden', '2026-11-25T10:00:00Z'), correction('a', 'tools', '2026-11-25T11:00:00Z'), correction('b', 'paint', '2026-11-25T10:00:00Z'), correction('z', 'paint', '2026-11-25T10:00:00Z')]
  })
  const { collected, labelled } = await extract()
  t.strictSame(collected, { inquiries: { records: 4, unreadable: 2, missed: 0 }, corrections: { records: 4, unreadable: 0, missed: 0 } })
  t.match(labelled, { labelled: 2, withoutCorrection: 1, withoutInquiry: 1 })
  t.strictSame(rowsOf(labelled.file), [
    { id: 'a', text: 'Frage a', subject: 'Hallo', label: 'tools', language: 'de', channel: 'app', createdAt: '2025-11-24T16:00:00Z' },
    { id: 'b', text: 'Frage b', subject: null, label: 'paint', language: 'de', channel: null, createdAt: '2025-11-24T16:00:00Z' }
  ])
})

t.test('goes on where it ended, and takes each record once when its position was lost', async t => {
  await producer.send({ topic: 'inquiry-corrections', messages: [correction('c', 'garden', '2026-11-25T12:00:00Z')] })
  const { collected, labelled } = await extract()
  t.match(collected, { inquiries: { records: 0 }, corrections: { records: 1 } })
  t.equal(labelled.labelled, 3)
  const filesBefore = readdirSync(join(lake, 'inquiries')).length
  writeFileSync(join(lake, 'positions.json'), '{}') // as after a crash between a file and its position
  const again = await extract('--out', join(lake, 'again.jsonl'))
  t.match(again.collected, { inquiries: { records: 4 }, corrections: { records: 5 } })
  t.equal(readdirSync(join(lake, 'inquiries')).length, filesBefore + 1)
  t.equal(readFileSync(again.labelled.file, 'utf8'), readFileSync(labelled.file, 'utf8'))
})

t.test('says how many records Kafka deleted first', async t => {
  await producer.send({ topic: 'inquiry-corrections', messages: [1, 2].map(number => ({ partition: 0, ...correction(`late-${number}`, 'garden', '2026-11-25T12:00:00Z') })) })
  const { high } = (await admin.fetchTopicOffsets('inquiry-corrections')).find(({ partition }) => partition === 0)!
  await admin.deleteTopicRecords({ topic: 'inquiry-corrections', partitions: [{ partition: 0, offset: high }] })
  t.match((await extract()).collected, { corrections: { records: 0, missed: 2 } })
})

t.test('without Kafka the lake stays as it is', async t => {
  const before = readFileSync(join(lake, 'positions.json'), 'utf8')
  await t.rejects(extractStep.run(['--lake', lake], { KAFKA_BROKERS: '127.0.0.1:1' }), { code: 'ERR_KAFKA_UNAVAILABLE', exitCode: 5 })
  t.equal(readFileSync(join(lake, 'positions.json'), 'utf8'), before)
  t.strictSame(readdirSync(join(lake, 'inquiries')).filter(name => name.startsWith('.')), [])
  t.match(await extractStep.run(['--lake', lake, '--no-kafka'], {}), { labelled: { labelled: 3 } })
})
