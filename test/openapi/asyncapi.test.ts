import { readFileSync, readdirSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { type AsyncAPIDocumentInterface, type MessageInterface, Parser } from '@asyncapi/parser'
import t from 'tap'
import { Compile } from 'typebox/schema'
import { readAdapterConfig } from '../../adapter/config.ts'
import { OwnedPartition } from '../../adapter/consume/owned-partition.ts'
import { type Verdict, inFlightInquiry } from '../../adapter/decide/in-flight.ts'
import { deadLetterRecord, decisionRecord, lateAnswerRecord } from '../../adapter/produce/messages.ts'
import { DEAD_LETTER_CODES, MESSAGE_SCHEMA_VERSION } from '../../openapi/index.ts'
import * as messages from '../../openapi/schemas/messages.ts'
import { classification, inquiryRecord } from '../adapter/fakes.ts'

interface Json { [key: string]: unknown }
interface AsyncApi { info: { version: string, license: object }, components: { schemas: Record<string, Json> } }

/** The committed contract; test/api/contract.test.ts compares it with the code. */
const text = readFileSync('openapi/asyncapi.json', 'utf8')
const contract: AsyncApi = JSON.parse(text)
const { INQUIRY_TOPIC, RESULT_TOPIC, LATE_TOPIC, DEAD_LETTER_TOPIC, TOPIC_PARTITIONS } = readAdapterConfig({})

/** What nobody may do while a document is read. */
const connections: unknown[] = []
const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (this: net.Socket, ...to: unknown[]) {
  connections.push(to)
  throw new Error('no connections in this test')
}
t.teardown(() => { net.Socket.prototype.connect = connect })

const parser = new Parser()
const { document, diagnostics } = await parser.parse(text)

t.test('the document is valid, and read without a network', async t => {
  t.same(diagnostics.map(({ code }) => code), ['asyncapi-latest-version'], 'nothing but a hint: 3.1 adds another system\'s binding, and fewer tools read it')
  t.ok(document, 'parsed')
  t.same(connections, [])
  t.match(contract.info, { version: JSON.parse(readFileSync('package.json', 'utf8')).version, license: { name: 'Apache-2.0' } })
})

t.test('the parser would notice mistakes, and this test a connection', async t => {
  t.teardown(() => connections.splice(0))
  const mistakes = [
    ['"partitions": 6', '"partitions": 0', 'channels/inquiries/bindings/kafka/partitions'],
    ['"$ref": "#/channels/decisions/messages/decision"', '"$ref": "#/channels/deadLetters/messages/deadLetter"', 'operations/sendDecision/messages/0'],
    ['"$ref": "#/components/schemas/CorrectionMessage"', '"$ref": "#/components/schemas/Gone"', 'components/messages/correction/payload/$ref'],
    ['"$ref": "#/components/schemas/InquiryMessage"', '"$ref": "http://127.0.0.1:1/schema.json"', 'components/messages/inquiry/payload/$ref']
  ] as const
  const broken = mistakes.reduce((text, [right, wrong]) => text.replace(right, wrong), text)
  const found = (await parser.validate(broken)).filter(({ severity }) => severity === 0).map(({ path }) => path.join('/'))
  for (const [, wrong, path] of mistakes) t.ok(found.some(place => place.startsWith(path)), `${wrong} in ${found.join()}`)
  t.match(connections, [[[{ host: '127.0.0.1', port: '1' }]]])
})

t.test('every schema of the messages is in it, is pointed at, and points into it', async t => {
  const references = [...text.matchAll(/"\$ref": "([^"]+)"/g)].map(([, reference]) => reference!)
  t.same(references.filter(reference => resolve(reference) === undefined), [])
  const names = Object.values<unknown>(messages).map(schema => (schema as { $id?: string }).$id).filter(name => name !== undefined)
  t.ok(names.length >= 7, `${names.length} schemas`)
  t.same(names.filter(name => !(name in contract.components.schemas)), [])
  t.same(Object.keys(contract.components.schemas).filter(name => !references.includes(`#/components/schemas/${name}`)), [])
  t.notMatch(text, /"\$id"/, 'an $id would be the base of the references beside it')
})

t.test('each topic is described as the adapter makes and uses it', async t => {
  const channels = parsed(document).channels().all()
  t.same(channels.map(channel => channel.address()), [INQUIRY_TOPIC, RESULT_TOPIC, LATE_TOPIC, DEAD_LETTER_TOPIC, 'inquiry-corrections'])
  for (const channel of channels) {
    const topic = channel.address()!
    t.same(channel.bindings().get('kafka')?.value(), { topic, partitions: TOPIC_PARTITIONS, topicConfiguration: { 'cleanup.policy': ['delete'] } }, topic)
    const [message] = channel.messages().all()
    const key = message!.bindings().get('kafka')?.value<{ key: Json }>().key
    if (topic === DEAD_LETTER_TOPIC) t.equal(key?.type, undefined, 'the key of a dead letter may be anything')
    else t.match(key, { type: 'string', maxLength: 128 }, `the key in ${topic} is the inquiry's id`)
  }
  const operations = parsed(document).operations().all().map(operation => `${operation.action()} ${operation.channels().all().map(channel => channel.address()).join()}`)
  t.same(operations.sort(), [`receive ${INQUIRY_TOPIC}`, `receive ${RESULT_TOPIC}`, `send ${DEAD_LETTER_TOPIC}`, `send ${LATE_TOPIC}`, `send ${RESULT_TOPIC}`].sort(), 'from the adapter\'s point of view')
})

t.test('each message has examples, and they are valid', async t => {
  const all = parsed(document).allMessages().all()
  t.equal(all.length, 5)
  for (const message of all) {
    t.ok(message.hasSummary() && message.examples().length > 0, message.name()!)
    for (const example of message.examples().all()) {
      t.same(violations(message.payload()!.json(), example.payload()), [], `${message.name()}, ${example.name()}: value`)
      if (example.hasHeaders()) t.same(violations(message.headers()!.json(), example.headers()), [], `${message.name()}, ${example.name()}: headers`)
      if (message.hasCorrelationId()) t.same(violations(component('InquiryKey'), example.payload()!.id), [], `${message.name()}, ${example.name()}: key`)
    }
  }
})

const decision = { id: 'a', decision: 'manual', category: null, confidence: null, reason: 'timeout', alternatives: [], model: null, decidedAt: '2026-11-23T21:45:00Z', deadline: '2026-11-23T21:45:00.5+01:00' }

t.test('the schemas accept what is meant and refuse what is not', async t => {
  const model = { name: 'm', version: '1' }
  const accepted: Record<string, unknown[]> = {
    InquiryMessage: [{ id: 'a', text: 'x' }, { id: 'a/b@c:1+2', text: 'x', subject: '', locale: 'de', channel: '', createdAt: '2026-11-23T21:45:00Z' }, { id: 'a', text: 'x', unknown: 1 }],
    InquiryHeaders: [{}, { deadline: '0' }, { deadline: '1795470309750', traceparent: 'x', other: 'y' }],
    DecisionMessage: [decision, { ...decision, decision: 'classified', category: 'tools', confidence: 1, reason: null, alternatives: [{ category: 'tools', confidence: 1 }], model }],
    LateAnswerMessage: [{ ...decision, lateByMs: 0 }],
    CorrectionMessage: [{ id: 'a', category: 'tools', correctedAt: '2026-11-23T21:45:00Z' }],
    InquiryKey: ['a', 'x'.repeat(128)]
  }
  const refused: Record<string, unknown[]> = {
    InquiryMessage: [
      null, [], 'x', {}, { id: 'a' }, { text: 'x' }, { id: 1, text: 'x' }, { id: '', text: 'x' }, { id: 'a b', text: 'x' }, { id: 'x'.repeat(129), text: 'x' }, { id: 'a', text: ' \n' },
      { id: 'a', text: 'x'.repeat(10_001) }, { id: 'a', text: 'x', locale: 'German' }, { id: 'a', text: 'x', subject: null }, { id: 'a', text: 'x', channel: 'x'.repeat(65) }, { id: 'a', text: 'x', createdAt: 'yesterday' }
    ],
    InquiryHeaders: [{ deadline: '1e3' }, { deadline: '-1' }, { deadline: 1795470309750 }, { deadline: '' }],
    DecisionMessage: [
      { ...decision, reason: 'bored' }, { ...decision, decision: 'maybe' }, { ...decision, confidence: 1.1 }, { ...decision, alternatives: [{ category: 'tools' }] },
      { ...decision, model: { name: 'm' } }, { ...decision, deadline: 1795470309750 }, { ...decision, category: undefined }
    ],
    LateAnswerMessage: [decision, { ...decision, lateByMs: -1 }, { ...decision, lateByMs: 0.5 }],
    DecisionHeaders: [{ 'source-partition': '0', 'source-offset': '0' }, { 'schema-version': '1.0.0', 'source-partition': '0' }, { 'schema-version': '1.0.0', 'source-offset': '0' }],
    CorrectionMessage: [{ id: 'a', category: 'tools' }, { id: 'a', category: null, correctedAt: '2026-11-23T21:45:00Z' }],
    DeadLetterHeaders: [{ 'error-code': 'ERR_OTHER', 'error-message': 'x', 'source-topic': 't', 'source-partition': '0', 'source-offset': '0' }, { 'error-code': DEAD_LETTER_CODES[0] }],
    InquiryKey: ['', 'a b', 'x'.repeat(129), null]
  }
  for (const [name, values] of Object.entries(accepted)) t.same(values.filter(value => violations(component(name), value).length > 0), [], `${name} accepts`)
  for (const [name, values] of Object.entries(refused)) t.same(values.filter(value => violations(component(name), value).length === 0), [], `${name} refuses`)
})

t.test('what the adapter sends is as the document says', async t => {
  const record = inquiryRecord({ offset: 41, id: 'a1', headers: { traceparent: Buffer.from('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'), own: Buffer.from('x') } })
  const item = inFlightInquiry({
    id: 'a1', partition: new OwnedPartition(2, () => {}), record, entry: { offset: 41, readAt: 0, settled: false, resultOffset: undefined }, sentAt: Date.now(), deadline: Date.now() + 1_000, inquiry: undefined
  })
  const answer = { ...classification('a1'), alternatives: [{ category: 'tools', confidence: 0.9 }] }
  const verdicts: Verdict[] = [{ answer, decidedAt: Date.now() }, ...(['timeout', 'api_unavailable', 'invalid'] as const).map(reason => ({ reason, decidedAt: Date.now() }))]
  for (const verdict of verdicts) complies(decisionRecord(item, verdict), 'decision', 'reason' in verdict ? verdict.reason : 'answer')
  complies(lateAnswerRecord(item, answer, 12.3), 'lateAnswer', 'late answer')
  for (const code of DEAD_LETTER_CODES) complies(deadLetterRecord(item, { code, message: 'x' }, INQUIRY_TOPIC), 'deadLetter', code)
  t.equal(decisionRecord(item, verdicts[0]!).headers?.['schema-version'], MESSAGE_SCHEMA_VERSION)

  function complies ({ key, value, headers }: ReturnType<typeof decisionRecord>, name: string, what: string) {
    const message = messageNamed(name)
    const texts = Object.fromEntries(Object.entries(headers ?? {}).map(([header, bytes]) => [header, String(bytes)]))
    t.same(violations(message.headers()!.json(), texts), [], `${what}: headers`)
    t.match(texts, { 'source-partition': '2', 'source-offset': '41', traceparent: /^00-/ }, `${what}: origin and trace`)
    t.equal(String(key), 'a1', `${what}: key`)
    if (name === 'deadLetter') t.equal(value, record.value, `${what}: the original bytes`)
    else t.same(violations(message.payload()!.json(), JSON.parse(String(value))), [], `${what}: value`)
  }
})

t.test('the codes of dead letters are the same in registry, document and adapter', async t => {
  const { properties } = contract.components.schemas.DeadLetterHeaders as { properties: Record<string, { enum?: string[] }> }
  t.same(properties['error-code']?.enum, DEAD_LETTER_CODES)
  const given = readdirSync('adapter', { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
    .flatMap(file => [...readFileSync(join('adapter', file), 'utf8').matchAll(/code: '(ERR_\w+)', message: /g)].map(([, code]) => code!))
  t.same([...new Set(given)].sort(), [...DEAD_LETTER_CODES].sort(), 'every code is given, and no other')
})

function parsed (document: AsyncAPIDocumentInterface | undefined): AsyncAPIDocumentInterface {
  if (!document) throw new Error('not parsed')
  return document
}

function messageNamed (id: string): MessageInterface {
  return parsed(document).allMessages().all().find(message => message.id() === id)!
}

function resolve (reference: string): unknown {
  if (!reference.startsWith('#/')) return undefined
  return reference.slice(2).split('/').reduce<unknown>((value, name) => (value as Json | undefined)?.[name], contract)
}

function component (name: string): object {
  return { $ref: `#/components/schemas/${name}` }
}

/** How a value breaks a schema of the document; nothing where it does not. */
function violations (schema: object | boolean, value: unknown): string[] {
  if (typeof schema === 'boolean') return schema ? [] : ['nothing is allowed']
  const [, errors] = Compile({ ...schema, components: contract.components }).Errors(value)
  return errors.map(error => `${error.instancePath} ${error.message}`)
}
