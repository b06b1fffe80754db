import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { ModelStoreError } from './errors.ts'
import type { AliasMove } from './store.ts'

/** One move of an alias, as the promotion log keeps it. */
export const PromotionSchema = Type.Object({
  alias: Type.String(),
  from: Type.Union([Type.String(), Type.Null()], { description: 'Version before; null when the alias is new.' }),
  to: Type.String(),
  gateReport: Type.Union([Type.String(), Type.Null()], { description: 'Digest of the gate report on which the move rests; null where none was made.' }),
  by: Type.String(),
  at: Type.String({ description: 'ISO 8601.' }),
  reason: Type.Optional(Type.String({ description: 'Why, in the words of whoever moved it.' }))
})

export type Promotion = Static<typeof PromotionSchema>

export interface RequestedMove {
  readonly name: string
  readonly alias: string
  /** Where the alias points now; null when there is none. */
  readonly from: string | null
  readonly to: string
  readonly move: AliasMove
}

/**
 * The entry that a move of an alias adds to the promotion log.
 * @throws {ModelStoreError} ERR_ALIAS_CONFLICT
 */
export function promotionOf ({ name, alias, from, to, move }: RequestedMove): Promotion {
  if (move.expected !== undefined && move.expected !== from) {
    throw new ModelStoreError('ERR_ALIAS_CONFLICT', `${alias} of ${name} points at ${from}, not at ${move.expected}: another promotion came first`)
  }
  return { alias, from, to, gateReport: move.gateReport ?? null, by: move.by, at: new Date().toISOString(), ...(move.reason !== undefined && { reason: move.reason }) }
}

/**
 * @param source where it came from, for the message
 * @throws {ModelStoreError} ERR_MODEL_CORRUPT
 */
export function parsePromotion (json: string, source: string): Promotion {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch { /* told below */ }
  if (!Value.Check(PromotionSchema, value)) throw new ModelStoreError('ERR_MODEL_CORRUPT', `${source} is no entry of a promotion log`)
  return value
}
