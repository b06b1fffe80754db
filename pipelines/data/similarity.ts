import { fold, jaccard, mix, shingles } from './folding.ts'
import { UnionFind } from './union-find.ts'

/** From this Jaccard similarity on two texts are so near that they must lie in one split. */
export const NEAR_DUPLICATE = 0.5

/** From this one on they are one text, written twice. */
export const SAME_TEXT = 0.9

/**
 * MinHash (Broder 1997) with locality-sensitive hashing: texts that share a band of ROWS minima are compared. Of
 * pairs with similarity s it finds 1 − (1 − s^ROWS)^BANDS: 98.4 % at 0.5, 99.8 % at 0.55, all but 1 in 10 million at 0.7.
 */
const BANDS = 64
const ROWS = 4

/**
 * Only texts whose sketches agree in enough bits are read and compared exactly. One bit of each of the minima agrees with
 * probability (1 + s) / 2 (Li and König 2010): 192 ± 7 of 256 at 0.5, 134 ± 8 at 0.05.
 */
const SKETCH_BITS = BANDS * ROWS
const SKETCH_WORDS = SKETCH_BITS / 32
const STANDARD_DEVIATIONS = 3

/** Shingles that were made for a comparison are kept for the next ones, of so many texts. */
const CACHED = 10_000

/** In a band with many equal texts each is compared with so many before it that it does not belong with already. */
const MAX_COMPARED = 32

/** Texts are kept as bands and sketches: 288 bytes each, whatever their length. */
const BLOCK = 4_096

/** Most texts in an index: their numbers take 21 of the 53 bits that a key and a number share. */
export const MAX_TEXTS = 2 ** 21

const MULTIPLIERS = Int32Array.from({ length: BANDS * ROWS }, (_, index) => mix(index + 1) | 1)
const MASKS = Int32Array.from({ length: BANDS * ROWS }, (_, index) => mix(~index))

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
    const bands = this.#bands.at(-1)!
    const sketches = this.#sketches.at(-1)!
    for (let band = 0; band < BANDS; band++) {
      let key = band
      for (let row = band * ROWS; row < (band + 1) * ROWS; row++) key = mix(Math.imul(key, 31) ^ minima[row]!)
      bands[place * BANDS + band] = key
    }
    minima.forEach((minimum, index) => {
      if (mix(minimum) & 1) sketches[place * SKETCH_WORDS + (index >>> 5)]! |= 1 << (index & 31)
    })
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
          let compared = 0
          for (let before = position - 1; before >= 0 && compared < MAX_COMPARED; before--) {
            const other = bucket[before]!
            if (groups.find(item) === groups.find(other)) continue
            compared++
            if (this.#agreeingBits(item, other) < minAgreeing || jaccard(shinglesOf(item), shinglesOf(other)) < limit) continue
            groups.join(item, other)
            pairs.push([other, item])
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

  #agreeingBits (a: number, b: number): number {
    const left = this.#sketches[Math.floor(a / BLOCK)]!
    const right = this.#sketches[Math.floor(b / BLOCK)]!
    let differing = 0
    for (let word = 0; word < SKETCH_WORDS; word++) {
      differing += countBits(left[a % BLOCK * SKETCH_WORDS + word]! ^ right[b % BLOCK * SKETCH_WORDS + word]!)
    }
    return SKETCH_BITS - differing
  }
}

/** Pairs of texts that are nearly the same; all that are hang together by them. */
export function similarPairs<Item extends { readonly text: string }> (items: readonly Item[], limit = NEAR_DUPLICATE): Array<[Item, Item]> {
  const index = new SimilarityIndex()
  for (const { text } of items) index.add(text)
  return index.pairs(item => items[item]!.text, limit).map(([a, b]) => [items[a]!, items[b]!])
}

/** As many bands as find all but one in a thousand of the pairs at the limit; the more alike, the fewer. */
function bandsFor (limit: number): number {
  return Math.min(BANDS, Math.ceil(Math.log(1e-3) / Math.log(1 - limit ** ROWS)))
}

/** Agreeing bits that all but one in a thousand of the pairs at the limit have. */
function leastAgreeing (limit: number): number {
  const share = (1 + limit) / 2
  return SKETCH_BITS * share - STANDARD_DEVIATIONS * Math.sqrt(SKETCH_BITS * share * (1 - share))
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

/** Signed, as comparing them is fastest. */
function minHashes (values: Int32Array): Int32Array {
  const minima = new Int32Array(SKETCH_BITS).fill(0x7fffffff)
  for (let position = 0; position < values.length; position++) {
    const value = values[position]!
    for (let index = 0; index < SKETCH_BITS; index++) {
      const hashed = Math.imul(value ^ MASKS[index]!, MULTIPLIERS[index]!)
      if (hashed < minima[index]!) minima[index] = hashed
    }
  }
  return minima
}

function countBits (value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
