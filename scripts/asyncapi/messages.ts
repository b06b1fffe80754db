import { INQUIRY_ID } from '../../openapi/index.ts'
import { MESSAGE_EXAMPLES } from './examples.ts'
import { messageSchemas } from './schemas.ts'

/** Of AsyncAPI's bindings for Kafka. */
export const BINDING_VERSION = '0.5.0'

export type MessageName = keyof typeof MESSAGE_EXAMPLES

/** The messages of all topics, and what they share. */
export function messageComponents (): object {
  return { messages: messages(), messageTraits, correlationIds, schemas: { InquiryKey, ...messageSchemas() } }
}

const InquiryKey = { type: 'string', ...INQUIRY_ID, description: 'The inquiry\'s id. Decisions on inquiries with the same key keep the order of these, as far as their deadlines allow.' }

const correlationIds = { inquiryId: { location: '$message.payload#/id', description: 'Joins an inquiry with its decision and with what is said of it later.' } }

const messageTraits = {
  keyedByInquiry: {
    correlationId: { $ref: '#/components/correlationIds/inquiryId' },
    bindings: { kafka: { key: { $ref: '#/components/schemas/InquiryKey' }, bindingVersion: BINDING_VERSION } }
  }
}

function messages (): Record<MessageName, object> {
  const schema = (name: string) => ({ $ref: `#/components/schemas/${name}` })
  const traits = [{ $ref: '#/components/messageTraits/keyedByInquiry' }]
  return {
    inquiry: {
      name: 'Inquiry',
      title: 'Inquiry',
      summary: 'One customer inquiry.',
      headers: schema('InquiryHeaders'),
      payload: schema('InquiryMessage'),
      traits,
      examples: MESSAGE_EXAMPLES.inquiry
    },
    decision: {
      name: 'Decision',
      title: 'Decision',
      summary: 'The decision on one inquiry.',
      headers: schema('DecisionHeaders'),
      payload: schema('DecisionMessage'),
      traits,
      examples: MESSAGE_EXAMPLES.decision
    },
    lateAnswer: {
      name: 'LateAnswer',
      title: 'Late answer',
      summary: 'An answer that came after the inquiry had been decided without it.',
      headers: schema('DecisionHeaders'),
      payload: schema('LateAnswerMessage'),
      traits,
      examples: MESSAGE_EXAMPLES.lateAnswer
    },
    deadLetter: {
      name: 'DeadLetter',
      title: 'Dead letter',
      summary: 'A record that could not be read, byte for byte.',
      contentType: 'application/octet-stream',
      headers: schema('DeadLetterHeaders'),
      payload: { description: 'The original value, whatever it is; null of a tombstone. Of a batch that could not be unpacked, the whole batch as it is stored.' },
      bindings: { kafka: { key: { description: 'The original key, whatever it is.' }, bindingVersion: BINDING_VERSION } },
      examples: MESSAGE_EXAMPLES.deadLetter
    },
    correction: {
      name: 'Correction',
      title: 'Correction',
      summary: 'What the agent settled on.',
      payload: schema('CorrectionMessage'),
      traits,
      examples: MESSAGE_EXAMPLES.correction
    }
  }
}
