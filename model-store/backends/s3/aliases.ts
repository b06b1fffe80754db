import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { ModelStoreError } from '../../errors.ts'
import { type Promotion, PromotionSchema, parsePromotion, promotionOf } from '../../promotion.ts'
import type { AliasMove } from '../../store.ts'
import type { Bucket } from './bucket.ts'

/** `aliases.json`: where the aliases point, and the move that brought them there. */
const StateSchema = Type.Object({
  aliases: Type.Record(Type.String(), Type.String()),
  moves: Type.Integer({ minimum: 1, description: 'How many there have been: the number of the last one in the log.' }),
  last: Type.Object({ id: Type.String(), promotion: PromotionSchema })
})

type State = Static<typeof StateSchema>

const ATTEMPTS = 40
const MOST_PAUSE_MS = 100
const DIGITS = 8

/**
 * Aliases and promotion log of a model, below `prefix`. One conditional write of `aliases.json` moves an alias and says
 * which move it was; the log's object for it follows, written by whoever comes next where the mover died before.
 */
export class AliasFile {
  readonly #bucket: Bucket
  readonly #prefix: string

  constructor (bucket: Bucket, prefix: string) {
    this.#bucket = bucket
    this.#prefix = prefix
  }

  async aliases (): Promise<Record<string, string>> {
    return (await this.#read()).state?.aliases ?? {}
  }

  /** @throws {ModelStoreError} ERR_ALIAS_CONFLICT, ERR_STORE_LOCKED when others keep coming first */
  async move (name: string, alias: string, version: string, move: AliasMove): Promise<Promotion> {
    const id = randomUUID()
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { state, etag } = await this.#read()
      if (state) await this.#log(state)
      if (state?.last.id === id) return state.last.promotion // the answer to the write before was lost
      const from = state && Object.hasOwn(state.aliases, alias) ? state.aliases[alias]! : null
      const promotion = promotionOf({ name, alias, from, to: version, move })
      const next: State = {
        aliases: Object.fromEntries([...Object.entries(state?.aliases ?? {}), [alias, version]]),
        moves: (state?.moves ?? 0) + 1,
        last: { id, promotion }
      }
      if (await this.#bucket.put(this.#aliasesKey, toJson(next), { replaces: etag ?? null })) {
        await this.#log(next)
        return promotion
      }
      await sleep(Math.random() * MOST_PAUSE_MS)
    }
    throw new ModelStoreError('ERR_STORE_LOCKED', `${this.#aliasesKey} was changed by others ${ATTEMPTS} times in a row`)
  }

  /** Oldest first. */
  async promotions (): Promise<Promotion[]> {
    const { state } = await this.#read()
    if (!state) return []
    await this.#log(state).catch(() => {}) // a reader may lack the right: the entry is known all the same
    const keys = [...(await this.#bucket.list(`${this.#prefix}promotions/`)).keys()].filter(key => key < this.#logKey(state.moves))
    const earlier = await Promise.all(keys.map(async key => parsePromotion(String((await this.#bucket.get(key))?.bytes), key)))
    return [...earlier, state.last.promotion]
  }

  async #read (): Promise<{ state?: State, etag?: string }> {
    const object = await this.#bucket.get(this.#aliasesKey)
    return object ? { state: parseState(object.bytes, this.#aliasesKey), etag: object.etag } : {}
  }

  async #log ({ moves, last }: State): Promise<void> {
    await this.#bucket.put(this.#logKey(moves), toJson(last.promotion), { replaces: null })
  }

  get #aliasesKey (): string {
    return `${this.#prefix}aliases.json`
  }

  #logKey (number: number): string {
    return `${this.#prefix}promotions/${String(number).padStart(DIGITS, '0')}.json`
  }
}

function toJson (value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value, null, 2) + '\n')
}

function parseState (bytes: Buffer, key: string): State {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString())
  } catch { /* told below */ }
  if (!Value.Check(StateSchema, value)) throw new ModelStoreError('ERR_MODEL_CORRUPT', `${key} is not what this store writes`)
  return value
}
