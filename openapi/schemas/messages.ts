import Type, { type Static } from 'typebox'
import { DEAD_LETTER_CODES } from '../dead-letters.ts'
import { named, ref } from '../ref.ts'
import { AlternativeSchema, DECISIONS, MANUAL_REASONS, ModelReferenceSchema } from './classification.ts'
import { INQUIRY_ID, InquirySchema } from './inquiry.ts'

/** Version of this contract; a change that readers must follow raises its first number. */
export const MESSAGE_SCHEMA_VERSION = '1.0.0'

/** What travels over Kafka: JSON in UTF-8, keyed by the inquiry's id. Times in values are RFC 3339, in headers epoch milliseconds. */
const { text, subject, locale } = InquirySchema.properties

const time = (description: string) => Type.String({ format: 'date-time', description, examples: ['2026-11-23T21:45:00.000Z'] })

/** An inquiry as the app sends it. Fields that are not named here are ignored, so that an app may add some. */
export const InquiryMessageSchema = named('InquiryMessage', Type.Object({
  id: Type.String({ ...INQUIRY_ID, description: 'The inquiry\'s id, unique: the decision comes back under it.' }),
  text,
  subject,
  locale,
  channel: Type.Optional(Type.String({ maxLength: 64, description: 'Where it was written, as `app` or `email`; kept for monitoring.' })),
  createdAt: Type.Optional(time('When the customer sent it. The deadline is counted from the record\'s timestamp, not from this.'))
}, {
  description: 'One customer inquiry.',
  examples: [{ id: 'a1b2', text: 'Meine Bohrmaschine lädt nicht mehr, welchen Akku brauche ich?', locale: 'de-DE', channel: 'app' }]
}))

export type InquiryMessage = Static<typeof InquiryMessageSchema>

const decision = {
  id: Type.String({ description: 'The inquiry\'s id.' }),
  decision: Type.Enum([...DECISIONS], { description: '`manual`: a person must read it.' }),
  category: Type.Union([Type.String(), Type.Null()], { description: 'The desk that answers; null when `manual`.' }),
  confidence: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], { description: 'Calibrated probability of the most probable category; null when no model answered.' }),
  reason: Type.Union([Type.Enum([...MANUAL_REASONS]), Type.Null()], { description: 'Why `manual`; null when `classified`.' }),
  alternatives: Type.Array(ref(AlternativeSchema), { description: 'The most probable categories, best first; empty when no model answered.' }),
  model: Type.Union([ref(ModelReferenceSchema), Type.Null()], { description: 'The model that answered; null when none did.' }),
  decidedAt: time('When the decision was made.'),
  deadline: time('By when it had to be made.')
}

/** The decision on one inquiry. The first record of an id, in the order of its partition, counts; later ones are to be ignored. */
export const DecisionMessageSchema = named('DecisionMessage', Type.Object(decision, {
  description: 'The decision on one inquiry. The first one of an id counts; later ones are to be ignored.'
}))

export type DecisionMessage = Static<typeof DecisionMessageSchema>

/** An answer that came after the inquiry had been decided without it. */
export const LateAnswerMessageSchema = named('LateAnswerMessage', Type.Object({
  ...decision,
  lateByMs: Type.Integer({ minimum: 0, description: 'How long after the deadline the answer came.' })
}, { description: 'An answer that came after the inquiry had gone to manual classification: for monitoring and as a label, never a decision.' }))

export type LateAnswerMessage = Static<typeof LateAnswerMessageSchema>

/** What the agent settled on: the ground truth that models are measured with and trained on. */
export const CorrectionMessageSchema = named('CorrectionMessage', Type.Object({
  id: Type.String({ description: 'The inquiry\'s id.' }),
  category: Type.String({ description: 'The desk that answered.' }),
  correctedAt: time('When the agent settled it.'),
  by: Type.Optional(Type.String({ description: 'Who did; a pseudonym is enough.' }))
}, { description: 'What the agent settled on.' }))

export type CorrectionMessage = Static<typeof CorrectionMessageSchema>

const epochMs = (description: string) => Type.String({ pattern: '^[0-9]{1,16}$', description })

/** Headers of an inquiry. The trace headers are carried through to what the adapter sends. */
export const InquiryHeadersSchema = named('InquiryHeaders', Type.Object({
  deadline: Type.Optional(epochMs('When the sender stops waiting, in epoch milliseconds; counts when earlier than the record\'s timestamp plus `INQUIRY_TIMEOUT_MS`.')),
  traceparent: Type.Optional(Type.String({ description: 'W3C trace context.' })),
  tracestate: Type.Optional(Type.String({ description: 'W3C trace context.' }))
}))

const origin = {
  'source-partition': Type.String({ description: 'Partition of the inquiry.' }),
  'source-offset': Type.String({ description: 'Offset of the inquiry.' }),
  traceparent: Type.Optional(Type.String()),
  tracestate: Type.Optional(Type.String())
}

/** Headers of a decision and of a late answer. */
export const DecisionHeadersSchema = named('DecisionHeaders', Type.Object({
  'schema-version': Type.String({ description: 'Version of the messages\' contract; a change that readers must follow raises its first number.' }),
  'model-version': Type.Optional(Type.String({ description: 'Version of the model that answered, where one did.' })),
  ...origin
}))

/** Headers of a dead letter; its value and key are the original bytes. The original's own headers follow. */
export const DeadLetterHeadersSchema = named('DeadLetterHeaders', Type.Object({
  'error-code': Type.Enum(DEAD_LETTER_CODES, { description: 'Why it could not be read.' }),
  'error-message': Type.String({ description: 'Where it went wrong; nothing of the customer\'s text.' }),
  'source-topic': Type.String({ description: 'Topic of the inquiry.' }),
  ...origin
}))
