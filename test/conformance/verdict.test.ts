import t from 'tap'
import { readDeadLetter } from '../../conformance/dead-letter.ts'
import { parsePrinted } from '../../conformance/console-tools.ts'
import { parseEnvelope } from '../../conformance/kcat.ts'
import type { Outage } from '../../conformance/outage.ts'
import { failuresOf } from '../../conformance/requirements.ts'
import { type ResultRecord, readResult } from '../../conformance/result-record.ts'
import { NUMBER_HEADER, type SentRecord, fingerprintOf } from '../../conformance/sent-record.ts'
import type { TopicRecord } from '../../conformance/topic-record.ts'
import { type Observation, LATENESS_MS, judge } from '../../conformance/verdict.ts'

/** A checker that cannot fail is worth nothing: each fault that an adapter can have, on records made by hand. */
const START = 1_000_000
const TIMEOUT = 5_000
const surroundings = { lateAnswers: 0, apiInquiries: undefined }

/** Inquiry `number`, sent a tenth of a second after the one before. */
function sent (number: number, changes: Partial<SentRecord> = {}): SentRecord {
  const sentAt = START + number * 100
  return { id: `i-${number}`, key: `i-${number}`, number, outcome: 'decision', kind: 'inquiry', category: 'paint', sentAt, deadline: sentAt + TIMEOUT, availableAt: sentAt + 5, ...changes }
}

type ResultChanges = Partial<Omit<ResultRecord, 'decision'>> & { decision?: Partial<NonNullable<ResultRecord['decision']>> }

/** The right answer to it, after 30 ms. */
function decided (number: number, changes: ResultChanges = {}): ResultRecord {
  const appendedAt = changes.appendedAt ?? START + number * 100 + 30
  return {
    partition: 0,
    offset: number,
    key: `i-${number}`,
    ...changes,
    appendedAt,
    decision: { id: `i-${number}`, decision: 'classified', category: 'paint', reason: null, decidedAt: new Date(START + number * 100 + 20).toISOString(), ...changes.decision }
  }
}

const manual = (reason: 'timeout' | 'invalid' | 'api_unavailable' | 'low_confidence') => ({ decision: 'manual', category: null, reason } as const)

function observe (observation: Partial<Observation>) {
  const verdict = judge({ sent: [], results: [], deadLetters: [], outages: [], ...observation })
  return { verdict, failures: failuresOf(verdict, {}, surroundings) }
}

t.test('passes when each inquiry has its one decision in time', async t => {
  const { verdict, failures } = observe({ sent: [0, 1, 2].map(number => sent(number)), results: [decided(0), decided(1), decided(2, { decision: manual('timeout') })] })
  t.strictSame(failures, [])
  t.match(verdict, { sent: 3, missing: 0, duplicated: 0, contradictory: 0, decisions: { classified: 2, 'manual/timeout': 1 }, decisionMs: { p50: 30, p99: 30 } })
  t.strictSame(verdict.outcomes, ['answered', 'answered', 'timeout'])
})

t.test('finds an inquiry without a decision', async t => {
  const { verdict, failures } = observe({ sent: [sent(0), sent(1)], results: [decided(1)] })
  t.equal(verdict.missing, 1)
  t.strictSame(failures, ['1 missing'])
})

t.test('takes a record that does not match the contract for no decision', async t => {
  const record: TopicRecord = { partition: 0, offset: 0, timestamp: START, stampedByBroker: true, key: Buffer.from('i-0'), value: Buffer.from('{"id":"i-0","decision":"classified"}'), headers: [] }
  const { failures } = observe({ sent: [sent(0)], results: [readResult(record)] })
  t.strictSame(failures, ['1 missing', '1 malformed'])
  t.throws(() => readResult({ ...record, stampedByBroker: false }), /LogAppendTime/, 'nor a time that the broker did not give')
})

t.test('tells a duplicate from a contradiction', async t => {
  const inquiries = [0, 1, 2, 3].map(number => sent(number))
  const results = [
    decided(0), decided(0, { offset: 10 }),
    decided(1), decided(1, { offset: 11, decision: { category: 'garden' } }),
    decided(2), decided(2, { offset: 12, decision: manual('timeout') }),
    decided(3, { decision: manual('timeout') }), decided(3, { offset: 13, decision: manual('api_unavailable') })
  ]
  const { verdict, failures } = observe({ sent: inquiries, results })
  t.equal(verdict.duplicated, 1, 'which is allowed')
  t.equal(verdict.contradictory, 3)
  t.strictSame(failures, ['3 contradictory'])
})

t.test('the first record of a partition counts, in whatever order they were read', async t => {
  const late = START + TIMEOUT + 1_000
  const { verdict } = observe({ sent: [sent(0)], results: [decided(0, { offset: 9, appendedAt: late }), decided(0, { offset: 3 })] })
  t.equal(verdict.late.unexcused, 0)
})

t.test('finds decisions that were made for another inquiry', async t => {
  const { verdict } = observe({
    sent: [sent(0), sent(1), sent(2), sent(3)],
    results: [decided(0, { decision: { category: 'garden' } }), decided(1, { decision: manual('low_confidence') }), decided(2, { key: 'i-3' }), decided(3, { decision: manual('invalid') }), decided(9)]
  })
  t.equal(verdict.wrong, 3, 'another category, unsure where the API is sure, invalid where it is not')
  t.equal(verdict.malformed, 1, 'another key')
  t.equal(verdict.unknown, 1, 'an inquiry that nobody sent')
})

t.test('finds a decision that comes late', async t => {
  const at = (ms: number) => START + TIMEOUT + ms
  const judged = (appendedAt: number) => observe({ sent: [sent(0)], results: [decided(0, { appendedAt, decision: manual('timeout') })] })
  t.strictSame(judged(at(LATENESS_MS)).failures, [])
  t.strictSame(judged(at(LATENESS_MS + 1)).failures, ['1 late without excuse'])
  t.equal(judged(at(900)).verdict.late.longestMs, 900)
})

t.test('what had expired when Kafka took it is not late, and yet must be manual', async t => {
  const inquiry = sent(0, { availableAt: START + TIMEOUT + 60_000 })
  const appendedAt = inquiry.availableAt + 3_000
  const asManual = observe({ sent: [inquiry], results: [decided(0, { appendedAt, decision: manual('timeout') })] })
  t.strictSame(asManual.failures, [])
  t.equal(asManual.verdict.expired, 1)
  t.ok(Number.isNaN(asManual.verdict.decisionMs.p50), 'and no decision time')
  t.strictSame(observe({ sent: [inquiry], results: [decided(0, { appendedAt })] }).failures, ['1 classified after the deadline'])
})

t.test('Kafka away at the deadline excuses lateness', async t => {
  const deadline = START + TIMEOUT
  const outage = (from: number, to: number): Outage => ({ from: deadline + from, appendsFrom: deadline + to - 100, to: deadline + to, recoveryMs: 2_000 })
  const judged = (outages: Outage[], appendedMs: number, changes = {}) => observe({ sent: [sent(0)], outages, results: [decided(0, { appendedAt: deadline + appendedMs, decision: manual('timeout'), ...changes })] })

  t.strictSame(judged([outage(-1_000, 3_000)], 4_000).failures, [])
  t.equal(judged([outage(-1_000, 3_000)], 4_000).verdict.late.excused, 1)
  t.strictSame(judged([outage(-4_000, -1_000)], 900).failures, [], 'during the recovery')
  t.strictSame(judged([outage(-4_000, -2_100)], 900).failures, ['1 late without excuse'], 'but not after it')
  t.strictSame(judged([outage(500, 3_000)], 4_000).failures, ['1 late without excuse'], 'nor when the outage began after the deadline')
  t.strictSame(judged([outage(-1_000, 3_000)], 5_000 + LATENESS_MS + 1).failures, ['1 late without excuse'], 'nor when it took longer than the recovery')
})

t.test('late and classified is excused only for what was on the wire', async t => {
  const deadline = (number: number) => START + number * 100 + TIMEOUT
  const outage = { from: START + 50, appendsFrom: deadline(9) + 1_000, to: deadline(9) + 1_100, recoveryMs: 5_000 }
  const back = outage.appendsFrom + 10
  const judged = (...results: ResultRecord[]) => observe({ sent: results.map((_, number) => sent(number)), outages: [outage], results })

  const onTheWire = judged(decided(0, { appendedAt: back }), decided(1, { appendedAt: back }), decided(2, { appendedAt: back + 1, partition: 1 }))
  t.strictSame(onTheWire.failures, [], 'the first append of each partition')
  t.equal(onTheWire.verdict.late.onTheWire, 3)
  t.strictSame(judged(decided(0, { appendedAt: back }), decided(1, { appendedAt: back + 5 })).failures, ['1 classified after the deadline'], 'a second request of a partition')
  t.strictSame(judged(decided(0, { appendedAt: back, decision: { decidedAt: new Date(back - 5).toISOString() } })).failures, ['1 classified after the deadline'], 'one that was decided afterwards')
})

t.test('finds neighbours of one key in the wrong order', async t => {
  const pair = [sent(0), sent(1, { key: 'i-0' })]
  const second = (changes: ResultChanges) => decided(1, { key: 'i-0', ...changes })
  t.equal(observe({ sent: pair, results: [decided(0), second({})] }).verdict.brokenOrder, 0)
  t.strictSame(observe({ sent: pair, results: [decided(0, { offset: 5 }), second({ offset: 4 })] }).failures, ['1 out of order within their key'])
  const overdue = observe({ sent: pair, results: [decided(0, { offset: 5, appendedAt: START + TIMEOUT + 100 }), second({ offset: 4, appendedAt: START + TIMEOUT + 100 })] })
  t.strictSame(overdue.failures, [], 'but at its deadline none waits for another')
  t.equal(overdue.verdict.overtakenAtDeadline, 1)
  t.strictSame(observe({ sent: pair, results: [decided(0), second({ partition: 3 })] }).failures, ['1 out of order within their key'])
})

t.test('poison must be a dead letter with its bytes and headers, and invalid where it has an id', async t => {
  const bytes = Buffer.from([0xff, 0x00, 0x0a])
  const poison = sent(0, { outcome: 'invalid', fingerprint: fingerprintOf('i-0', bytes) })
  const nameless = sent(1, { id: undefined, key: null, outcome: 'invalid', fingerprint: fingerprintOf(null, null) })
  const original = [['x', bytes] as const]
  const headers = { 'error-code': 'ERR_INVALID_JSON', 'error-message': 'no JSON', 'source-topic': 't', 'source-partition': '0', 'source-offset': '7', x: bytes }
  const withHeaders = (number: number, record: Record<string, string | Buffer>) => Object.entries({ [NUMBER_HEADER]: String(number), ...record }).map(([name, value]) => [name, Buffer.from(value)] as const)
  const letter = (number: number, changes: Partial<TopicRecord> = {}) => readDeadLetter({
    partition: 0,
    offset: 0,
    timestamp: 0,
    stampedByBroker: true,
    key: number === 0 ? Buffer.from('i-0') : null,
    value: number === 0 ? bytes : null,
    headers: withHeaders(number, headers),
    ...changes
  }, () => original)
  const invalid = decided(0, { decision: manual('invalid') })
  const failures = (observation: Partial<Observation>) => observe({ sent: [poison, nameless], results: [invalid], deadLetters: [letter(0), letter(1)], ...observation }).failures

  t.strictSame(failures({}), [])
  t.strictSame(failures({ deadLetters: [letter(0)] }), ['1 dead letters missing'])
  t.strictSame(failures({ results: [] }), ['1 missing'])
  t.strictSame(failures({ results: [decided(0)] }), ['1 wrong'])
  const altered = ['1 dead letters missing', '1 dead letters altered']
  t.strictSame(failures({ deadLetters: [letter(0, { value: Buffer.from(bytes.toString()) }), letter(1)] }), altered, 'through a string')
  t.strictSame(failures({ deadLetters: [letter(0), letter(1, { value: Buffer.alloc(0) })] }), altered, 'a tombstone made an empty value')
  t.strictSame(failures({ deadLetters: [letter(0, { headers: withHeaders(0, { ...headers, x: bytes.toString() }) }), letter(1)] }), altered, 'a header through a string')
  t.strictSame(failures({ deadLetters: [letter(0, { headers: withHeaders(0, { ...headers, 'error-code': 'Unexpected token' }) }), letter(1)] }), altered, 'a code that is none')
  t.strictSame(failures({ sent: [sent(0), nameless], results: [decided(0)] }), ['1 dead letters of good inquiries'])
  t.strictSame(failures({ sent: [{ ...poison, outcome: 'either' }, nameless] }), [], 'where the contract leaves it open')
  t.strictSame(failures({ sent: [{ ...poison, outcome: 'either', category: 'paint' }, nameless], results: [decided(0)], deadLetters: [letter(1)] }), [], 'or not')
})

t.test('a scenario can ask how parts of the run were decided', async t => {
  const inquiries = Array.from({ length: 10 }, (_, number) => sent(number))
  const verdict = judge({ sent: inquiries, results: inquiries.map(({ number }) => decided(number, number < 5 ? {} : { decision: manual('timeout') })), deadLetters: [], outages: [] })
  const answered = (from: number, to: number) => failuresOf(verdict, { parts: [{ from, to, outcomes: ['answered'], atLeast: 0.9 }] }, surroundings)
  t.strictSame(answered(0, 0.5), [])
  t.strictSame(answered(0.3, 0.8), ['from 30.0 % to 80.0 % of the run 40.0 % ended as answered, expected 90.0 %'])
  t.strictSame(failuresOf(verdict, { lateAnswers: 1, apiUntouched: true }, { lateAnswers: 0, apiInquiries: 4 }), ['0 late answers, expected 1 or more', 'the API was asked 4 times'])
})

t.test('reads what kcat prints, bytes that are no UTF-8 too', async t => {
  const line = Buffer.concat([Buffer.from('{"topic":"t","partition":1,"offset":7,"tstype":"logappend","ts":1795473802530,"broker":1,"headers":["a","\\u0000\\"'), Buffer.from([0xff]), Buffer.from('","b",""],"key":null,"payload":"\\n'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])
  t.strictSame(parseEnvelope(line.toString('latin1')), {
    partition: 1,
    offset: 7,
    timestamp: 1795473802530,
    stampedByBroker: true,
    key: null,
    value: Buffer.from([0x0a, 0xc3, 0x28]),
    headers: [['a', Buffer.from([0x00, 0x22, 0xff])], ['b', Buffer.alloc(0)]]
  })
  t.match(parseEnvelope('{"partition":0,"offset":0,"tstype":"create","ts":1,"key":"","payload":null}'), { stampedByBroker: false, value: null, headers: [] })
})

t.test('reads what Kafka\'s console consumer prints', async t => {
  t.strictSame(parsePrinted('LogAppendTime:1795473802530\u001fPartition:1\u001fOffset:7\u001fa:1:2\u001db:\u001f\u001c\u001f\n\u00ff'), {
    partition: 1,
    offset: 7,
    timestamp: 1795473802530,
    stampedByBroker: true,
    key: null,
    value: Buffer.from([0x0a, 0xff]),
    headers: [['a', Buffer.from('1:2')], ['b', Buffer.alloc(0)]]
  })
  t.match(parsePrinted('CreateTime:1\u001fPartition:0\u001fOffset:0\u001fNO_HEADERS\u001f\u001f\u001c'), { stampedByBroker: false, value: null, headers: [] })
})
