import type { IHeaders, KafkaMessage, Message } from 'kafkajs'
import { type Classification, type DecisionMessage, type LateAnswerMessage, MESSAGE_SCHEMA_VERSION } from '../../openapi/index.ts'
import type { InFlightInquiry, Verdict } from '../decide/in-flight.ts'
import { type Poison, headerText } from '../consume/inquiry-record.ts'
import { LONGEST_TRACE_HEADER, TRACE_HEADERS } from '../trace-headers.ts'

/** What a dead letter has besides the headers of its original. */
const ADDED_HEADERS = ['error-code', 'error-message', 'source-topic', 'source-partition', 'source-offset']

/** The trace context of a record, to be passed on. */
export function traceHeadersOf ({ headers }: Pick<KafkaMessage, 'headers'>): Record<string, string> {
  const present = TRACE_HEADERS.map(name => [name, headerText(headers, name)] as const).filter(([, value]) => value !== undefined && value.length <= LONGEST_TRACE_HEADER)
  return Object.fromEntries(present) as Record<string, string>
}

/** The record with the decision on an inquiry. */
export function decisionRecord (item: InFlightInquiry, verdict: Verdict): Message {
  return { key: item.record.key, value: JSON.stringify(decisionOf(item, verdict)), headers: decisionHeaders(item, 'answer' in verdict ? verdict.answer : undefined) }
}

/** The record with an answer that came after its inquiry had been decided without it. */
export function lateAnswerRecord (item: InFlightInquiry, answer: Classification, lateByMs: number): Message {
  const late: LateAnswerMessage = { ...decisionOf(item, { answer, decidedAt: item.deadline + lateByMs }), lateByMs: Math.round(lateByMs) }
  return { key: item.record.key, value: JSON.stringify(late), headers: decisionHeaders(item, answer) }
}

/** The original record, with headers that say why it could not be read and where it was. */
export function deadLetterRecord ({ record, partition }: InFlightInquiry, poison: Poison, sourceTopic: string): Message {
  return {
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      'error-code': poison.code,
      'error-message': poison.message,
      'source-topic': sourceTopic,
      'source-partition': String(partition.number),
      'source-offset': record.offset
    }
  }
}

/** What is kept of a dead letter that is larger than a record may be, now that headers were added: where the original is. */
export function withoutOriginal ({ headers }: Message): Message {
  return { key: null, value: null, headers: { ...addedOf(headers), 'error-message': 'too large to be kept here together with these headers' } }
}

/** A dead letter without the original's headers, where kafkajs cannot write them. */
export function withoutHeaders ({ key, value, headers }: Message): Message {
  return { key: key ?? null, value, headers: addedOf(headers) }
}

/** Those headers of a dead letter that are the adapter's own. */
function addedOf (headers: IHeaders | undefined): IHeaders {
  return Object.fromEntries(ADDED_HEADERS.map(name => [name, headers?.[name]]))
}

function decisionOf ({ id = '', deadline }: InFlightInquiry, verdict: Verdict): DecisionMessage {
  const times = { decidedAt: new Date(verdict.decidedAt).toISOString(), deadline: new Date(deadline).toISOString() }
  if ('reason' in verdict) return { id, decision: 'manual', category: null, confidence: null, reason: verdict.reason, alternatives: [], model: null, ...times }
  const { decision, category, confidence, reason, alternatives, model } = verdict.answer
  return { id, decision, category, confidence, reason, alternatives, model, ...times }
}

function decisionHeaders ({ record, partition }: InFlightInquiry, answer: Classification | undefined): IHeaders {
  return {
    'schema-version': MESSAGE_SCHEMA_VERSION,
    ...(answer && { 'model-version': answer.model.version }),
    'source-partition': String(partition.number),
    'source-offset': record.offset,
    ...traceHeadersOf(record)
  }
}
