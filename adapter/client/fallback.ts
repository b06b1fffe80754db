import type { ManualReason } from '../../openapi/index.ts'
import type { Decision } from './types.ts'

/** Why this library decided by itself, and the `reason` that its decision gives. */
export const FALLBACKS = {
  /** The deadline passed before the inquiry could be given to Kafka: it was never sent. */
  not_sent: 'timeout',
  /** The deadline passed, and Kafka had not confirmed the inquiry: it may be there or not. */
  not_acknowledged: 'timeout',
  /** The deadline passed; Kafka has the inquiry, and no decision came back. */
  no_decision: 'timeout',
  /** The caller's signal ended the wait. */
  aborted: 'timeout',
  /** The broker will not take the record, as one too large, or the codec could not write it: it was not sent. */
  refused: 'api_unavailable',
  /** `maxPending` calls were waiting: it was not sent. */
  overloaded: 'api_unavailable',
  /** The client was stopped. */
  stopped: 'api_unavailable'
} as const satisfies Record<string, ManualReason>

export type Fallback = keyof typeof FALLBACKS

/** The decision without an answer: a person must read the inquiry. Times in epoch milliseconds. */
export function manualDecision ({ id, deadline, fallback }: { id: string, deadline: number, fallback: Fallback }): Decision {
  return {
    id,
    decision: 'manual',
    category: null,
    confidence: null,
    reason: FALLBACKS[fallback],
    alternatives: [],
    model: null,
    decidedAt: new Date().toISOString(),
    deadline: new Date(deadline).toISOString(),
    source: 'client',
    fallback
  }
}
