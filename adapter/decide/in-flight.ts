import type { IHeaders, KafkaMessage } from 'kafkajs'
import type { Classification, Inquiry, ManualReason } from '../../openapi/index.ts'
import type { Poison } from '../consume/inquiry-record.ts'
import type { OwnedPartition } from '../consume/owned-partition.ts'
import type { WindowEntry } from '../consume/partition-window.ts'

/** What was decided: the model's answer as it came, or that a person must read the inquiry. Times in epoch milliseconds. */
export type Verdict =
  | { readonly answer: Classification, readonly decidedAt: number }
  | { readonly reason: ManualReason, readonly decidedAt: number }

/** An inquiry from the moment its record is read until all that it causes is acknowledged. */
export interface InFlightInquiry {
  /** Undefined where it cannot be read: then there is only a dead letter. */
  readonly id: string | undefined
  readonly partition: OwnedPartition
  readonly record: KafkaMessage
  readonly entry: WindowEntry
  /** When it was sent and by when it must be decided, in epoch milliseconds. */
  readonly sentAt: number
  readonly deadline: number
  /** The record's key; null where it has none. */
  readonly key: string | null
  /** What to ask the API; undefined once that is of no use any more. */
  inquiry: Inquiry | undefined
  verdict: Verdict | undefined
  readonly isDecided: boolean
  /** Whether its decision was handed to the writer. */
  isLetOut: boolean
  /** Whether its decision was found in the results topic: ours is not needed any more. */
  isSuperseded: boolean
  /** Records of the same id that came while it was undecided. */
  readonly repetitions: WindowEntry[]
  /** Acknowledgements that its record still waits for: of the decision, of the dead letter. */
  awaited: number
}

/** A dead letter that belongs to a record. */
export interface DeadLetter {
  readonly item: InFlightInquiry
  readonly poison: Poison
}

/** What was just read: not decided, and nothing of it acknowledged. */
export function inFlightInquiry (fields: Pick<InFlightInquiry, 'id' | 'partition' | 'record' | 'entry' | 'sentAt' | 'deadline' | 'inquiry'>): InFlightInquiry {
  return {
    ...fields,
    key: fields.record.key?.toString('latin1') ?? null,
    verdict: undefined,
    get isDecided () { return this.verdict !== undefined || this.isSuperseded },
    isLetOut: false,
    isSuperseded: false,
    repetitions: [],
    awaited: 0
  }
}

/**
 * A copy that does not keep the whole fetch response in memory, of which kafkajs gives slices. A header without a value
 * becomes an empty one: kafkajs reads the former and throws at writing it.
 */
export function detached (message: KafkaMessage): KafkaMessage {
  const { key, value, timestamp, attributes, offset } = message
  const headers = Object.entries(message.headers ?? {}).map(([name, header]) => [name, Array.isArray(header) ? header.filter(isValue).map(copyOf) : copyOf(header)])
  return { key: key && Buffer.from(key), value: value && Buffer.from(value), timestamp, attributes, offset, headers: Object.fromEntries(headers) as IHeaders }
}

/** Of a header whose name is a property of every object, as `constructor`, kafkajs takes that property for the first value. */
function isValue (header: unknown): boolean {
  return header === null || typeof header === 'string' || Buffer.isBuffer(header)
}

function copyOf (header: Buffer | string | null | undefined): Buffer | string {
  return typeof header === 'string' ? header : Buffer.from(header ?? '')
}
