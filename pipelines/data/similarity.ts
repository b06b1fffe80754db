import { fold, jaccard, shingles } from './folding.ts'
import { BANDS, SKETCH_WORDS, agreeingBits, bandKeys, bandsFor, leastAgreeing, minHashes, sketch } from './min-hash.ts'
import { UnionFind } from './union-find.ts'

/** From this Jaccard similarity on two texts are so near that they must lie in one split. */
export const NEAR_DUPLICATE = 0.5

/** From this one on they are one text, written twice. */
export const SAME_TEXT = 0.9

/** Shingles that were made for a comparison are kept for the next ones, of so many texts. */
const CACHED = 10_000

/** Where many texts have the same band, each is compared with so many before it: those that are alike hang together anyway. */
const MAX_COMPARED = 32

/** Texts are kept as bands and sketches: 288 bytes each, whatever their length. */
const BLOCK = 4_096

/** Most texts in an index: their numbers take 21 of the 53 bits that a key and a number share. */
export const MAX_TEXTS = 2 ** 21

/** Finds near-duplicates among many texts without holding them. */
export class SimilarityIndex {
  readonly #bands: Uint32Array[] = []
  readonly #sketches: Uint32Array[] = []
  #size = 0

  get size (): number { return this.#size }

  /**
   * Adds a text; its number is how many were added before it.
   * @throws {RangeError} when there are MAX_TEXTS already
   */
  add (text: string): void {
    if (this.#size === MAX_TEXTS) throw new RangeError(`More than ${MAX_TEXTS} texts cannot be compared`)
    const place = this.#size++ % BLOCK
    if (place === 0) {
      this.#bands.push(new Uint32Array(BLOCK * BANDS))
      this.#sketches.push(new Uint32Array(BLOCK * SKETCH_WORDS))
    }
    const minima = minHashes(shingles(fold(text)))
    this.#bands.at(-1)!.set(bandKeys(minima), place * BANDS)
    this.#sketches.at(-1)!.set(sketch(minima), place * SKETCH_WORDS)
  }

  /**
   * Pairs of texts with a similarity of at least `limit`: not every pair, but enough that all which are near, directly
   * or through others, hang together by them.
   * @param textOf gives a text again by its number
   * @param among numbers of the texts to look at; all by default
   * @returns numbers, the smaller first
   */
  pairs (textOf: (item: number) => string, limit: number, among?: readonly number[]): Array<[number, number]> {
    const items = among ?? Array.from({ length: this.#size }, (_, item) => item)
    const groups = new UnionFind(this.#size)
    const shinglesOf = cached(item => shingles(fold(textOf(item))))
    const minAgreeing = leastAgreeing(limit)
    const pairs: Array<[number, number]> = []
    for (let band = 0; band < bandsFor(limit); band++) {
      for (const bucket of this.#buckets(items, band)) {
        bucket.forEach((item, position) => {
          for (const other of bucket.slice(Math.max(0, position - MAX_COMPARED), position).reverse()) {
            if (groups.find(item) === groups.find(other)) continue
            if (agreeingBits(this.#sketch(item), this.#sketch(other)) < minAgreeing) continue
            if (jaccard(shinglesOf(item), shinglesOf(other)) >= limit && groups.join(item, other)) pairs.push([other, item])
          }
        })
      }
    }
    return pairs.sort(([a, b], [c, d]) => b - d || a - c)
  }

  /** Texts with the same key in a band, where there is more than one; each bucket in ascending order. */
  * #buckets (items: readonly number[], band: number): Generator<number[]> {
    // Key and number in one float64, which sorts natively: 32 bits and 21 bits.
    const keyed = Float64Array.from(items, item => this.#bands[Math.floor(item / BLOCK)]![item % BLOCK * BANDS + band]! * MAX_TEXTS + item).sort()
    let bucket: number[] = []
    let current = -1
    for (const entry of keyed) {
      const key = Math.floor(entry / MAX_TEXTS)
      if (key !== current) {
        if (bucket.length > 1) yield bucket
        bucket = []
        current = key
      }
      bucket.push(entry - key * MAX_TEXTS)
    }
    if (bucket.length > 1) yield bucket
  }

  #sketch (item: number): Uint32Array {
    const start = item % BLOCK * SKETCH_WORDS
    return this.#sketches[Math.floor(item / BLOCK)]!.subarray(start, start + SKETCH_WORDS)
  }
}

/** Pairs of texts that are nearly the same; all that are hang together by them. */
export function similarPairs<Item extends { readonly text: string }> (items: readonly Item[], limit = NEAR_DUPLICATE): Array<[Item, Item]> {
  const index = new SimilarityIndex()
  for (const { text } of items) index.add(text)
  return index.pairs(item => items[item]!.text, limit).map(([a, b]) => [items[a]!, items[b]!])
}

function cached (make: (item: number) => Int32Array): (item: number) => Int32Array {
  const made = new Map<number, Int32Array>()
  return item => {
    const known = made.get(item)
    if (known) return known
    if (made.size === CACHED) made.clear()
    const value = make(item)
    made.set(item, value)
    return value
  }
}
