import { Compile } from 'typebox/schema'
import { AlternativeSchema, type DecisionMessage, DecisionMessageSchema, ModelReferenceSchema } from '../openapi/index.ts'
import { type TopicRecord } from './topic-record.ts'

/** What the verdict needs of a record in the result topic. */
export interface ResultRecord {
  readonly partition: number
  readonly offset: number
  /** When it was appended, by the broker's clock, in epoch milliseconds. */
  readonly appendedAt: number
  readonly key: string | null
  /** Undefined where the value does not match the contract. */
  readonly decision?: Pick<DecisionMessage, 'id' | 'decision' | 'category' | 'reason' | 'decidedAt'>
}

// The names as `ref` writes them; one that is not found would be taken for the whole schema.
const schema = Compile({ 'Alternative#': AlternativeSchema, 'ModelReference#': ModelReferenceSchema }, DecisionMessageSchema)

/** Reads a record of the result topic. Throws when the broker's clock did not stamp it: nothing could be said of its time. */
export function readResult ({ partition, offset, timestamp, stampedByBroker, key, value }: TopicRecord): ResultRecord {
  if (!stampedByBroker) throw new Error('The result topic must have message.timestamp.type=LogAppendTime')
  const decision = parse(value)
  return { partition, offset, appendedAt: timestamp, key: key?.toString() ?? null, ...(decision && { decision }) }
}

function parse (value: Buffer | null): ResultRecord['decision'] | undefined {
  try {
    const message: unknown = JSON.parse(value?.toString() ?? '')
    if (!schema.Check(message)) return undefined
    const { id, decision, category, reason, decidedAt } = message as DecisionMessage
    return { id, decision, category, reason, decidedAt }
  } catch {
    return undefined
  }
}
