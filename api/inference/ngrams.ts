import Type, { type Static } from 'typebox'

/** How n-grams are taken of a text and counted into a fixed number of buckets. */
export const NgramOptionsSchema = Type.Object({
  minLength: Type.Integer({ minimum: 1 }),
  maxLength: Type.Integer({ minimum: 1, maximum: 8 }),
  buckets: Type.Integer({ minimum: 2, description: 'A power of two.' }),
  words: Type.Optional(Type.Integer({ minimum: 1, maximum: 4, description: 'Also whole words, and runs of up to so many; left out: characters alone.' }))
}, { additionalProperties: false })

export type NgramOptions = Static<typeof NgramOptionsSchema>

/** Spellings that German writers use for each other become one: `für`, `fuer` and `fur` share their n-grams. */
const FOLDS: ReadonlyArray<readonly [RegExp, string]> = [
  [/[äÄ]|ae/g, 'a'], [/[öÖ]|oe/g, 'o'], [/[üÜ]|ue/g, 'u'], [/ß|ss/g, 's'], [/\d/g, '0']
]
const WORDS = /[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu
/** Texts are short; what is beyond says little more and costs as much. */
const MAX_CHARACTERS = 2_000

/** Where the hash of characters and that of words begin: a word and the same characters inside one are apart. */
const CHARACTERS_SEED = 0x811c9dc5
const WORDS_SEED = 0x2f0b4c47

/**
 * Counts character n-grams inside words, each word padded with a space on both sides, and runs of words, by the
 * hashing trick (Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning").
 * @returns occurrences by bucket
 */
export function countNgrams (text: string, { minLength, maxLength, buckets, words: longestRun = 0 }: NgramOptions): Map<number, number> {
  const counts = new Map<number, number>()
  const count = (hash: number) => {
    const bucket = (hash ^ (hash >>> 15)) & (buckets - 1)
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
  }
  const words = Array.from(fold(text.slice(0, MAX_CHARACTERS)).matchAll(WORDS), ([word]) => ` ${word} `)
  words.forEach((word, first) => {
    for (let start = 0; start < word.length; start++) {
      let hash = CHARACTERS_SEED
      for (let end = start; end < Math.min(word.length, start + maxLength); end++) {
        hash = addCharacter(hash, word.charCodeAt(end))
        if (end - start + 1 >= minLength) count(hash)
      }
    }
    let hash = WORDS_SEED
    for (const next of words.slice(first, first + longestRun)) {
      for (let index = 0; index < next.length; index++) hash = addCharacter(hash, next.charCodeAt(index))
      count(hash)
    }
  })
  return counts
}

/** FNV-1a */
function addCharacter (hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193)
}

/** A sparse vector: positions and values. */
export interface SparseVector {
  readonly indices: Int32Array
  readonly values: Float32Array
}

/**
 * Weighs counts as (1 + ln count) · idf and scales the vector to length 1 (Salton & Buckley 1988). N-grams that
 * training did not see have idf 0 and are left out.
 */
export function weighNgrams (counts: ReadonlyMap<number, number>, idf: Float32Array): SparseVector {
  const indices = new Int32Array(counts.size)
  const values = new Float32Array(counts.size)
  let length = 0
  let squares = 0
  for (const [bucket, count] of counts) {
    const value = (count === 1 ? 1 : 1 + Math.log(count)) * idf[bucket]!
    if (value === 0) continue
    indices[length] = bucket
    values[length++] = value
    squares += value * value
  }
  const norm = Math.sqrt(squares) || 1
  for (let index = 0; index < length; index++) values[index]! /= norm
  return { indices: indices.subarray(0, length), values: values.subarray(0, length) }
}

function fold (text: string): string {
  return FOLDS.reduce((folded, [pattern, replacement]) => folded.replace(pattern, replacement), text.normalize('NFC').toLowerCase())
}
