import { type CorrectionMessage, type DeadLetterCode, type DecisionMessage, type InquiryMessage, type LateAnswerMessage, MESSAGE_SCHEMA_VERSION } from '../../openapi/index.ts'

/** One record of a topic, as the AsyncAPI document shows it. */
export interface MessageExample<Payload> {
  readonly name: string
  readonly summary: string
  readonly headers?: Readonly<Record<string, string>>
  readonly payload: Payload
}

const trace = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }
const model = { name: 'inquiry-classifier', version: '1.0.0' }
const headersOfDecision = { 'schema-version': MESSAGE_SCHEMA_VERSION, 'model-version': model.version, 'source-partition': '2', ...trace }

const answerInTime = {
  id: 'a1b2',
  decision: 'classified',
  category: 'tools',
  confidence: 0.99,
  reason: null,
  alternatives: [{ category: 'tools', confidence: 0.99 }, { category: 'electrical', confidence: 0.002 }, { category: 'kitchen', confidence: 0.001 }],
  model,
  decidedAt: '2026-11-23T21:45:00.031Z',
  deadline: '2026-11-23T21:45:09.750Z'
} satisfies DecisionMessage

const timeout = {
  id: 'c3d4',
  decision: 'manual',
  category: null,
  confidence: null,
  reason: 'timeout',
  alternatives: [],
  model: null,
  decidedAt: '2026-11-23T21:45:12.000Z',
  deadline: '2026-11-23T21:45:12.000Z'
} satisfies DecisionMessage

/** Three inquiries: one decided in time, one too late, one that cannot be read. By message of the AsyncAPI document. */
export const MESSAGE_EXAMPLES: {
  readonly inquiry: ReadonlyArray<MessageExample<InquiryMessage>>
  readonly decision: ReadonlyArray<MessageExample<DecisionMessage>>
  readonly lateAnswer: ReadonlyArray<MessageExample<LateAnswerMessage>>
  readonly deadLetter: ReadonlyArray<MessageExample<string> & { readonly headers: { readonly 'error-code': DeadLetterCode } }>
  readonly correction: ReadonlyArray<MessageExample<CorrectionMessage>>
} = {
  inquiry: [{
    name: 'withDeadline',
    summary: 'Sent at 21:45:00 by an app that waits until 21:45:09.75.',
    headers: { deadline: String(Date.parse(answerInTime.deadline)), ...trace },
    payload: { id: 'a1b2', text: 'Meine Bohrmaschine lädt nicht mehr, welchen Akku brauche ich?', locale: 'de-DE', channel: 'app', createdAt: '2026-11-23T21:45:00.000Z' }
  }, {
    name: 'smallest',
    summary: 'What is needed at least; its deadline is counted from the record\'s timestamp.',
    payload: { id: 'c3d4', text: 'Where is my parcel? It should have been here on Friday.' }
  }],
  decision: [{
    name: 'classified',
    summary: 'The model is sure of the desk.',
    headers: { ...headersOfDecision, 'source-offset': '1041' },
    payload: answerInTime
  }, {
    name: 'timeout',
    summary: 'No answer by the deadline: a person reads it.',
    headers: { 'schema-version': MESSAGE_SCHEMA_VERSION, 'source-partition': '2', 'source-offset': '1042' },
    payload: timeout
  }],
  lateAnswer: [{
    name: 'late',
    summary: 'The answer to the inquiry of the example `timeout`, 850 ms after its deadline.',
    headers: { ...headersOfDecision, 'source-offset': '1042' },
    payload: {
      ...timeout,
      decision: 'classified',
      category: 'order_delivery',
      confidence: 0.97,
      reason: null,
      alternatives: [{ category: 'order_delivery', confidence: 0.97 }],
      model,
      decidedAt: '2026-11-23T21:45:12.850Z',
      lateByMs: 850
    }
  }],
  deadLetter: [{
    name: 'notJson',
    summary: 'A value that ends too early.',
    headers: {
      'error-code': 'ERR_INVALID_JSON',
      'error-message': 'the value is not JSON in UTF-8',
      'source-topic': 'inquiries',
      'source-partition': '2',
      'source-offset': '1043'
    },
    payload: '{"id": "e5f6", "text": "Habt ihr am Karf'
  }],
  correction: [{
    name: 'settled',
    summary: 'The agent says which desk answered.',
    payload: { id: 'c3d4', category: 'order_delivery', correctedAt: '2026-11-23T22:10:00.000Z', by: 'agent-17' }
  }]
}
