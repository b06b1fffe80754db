/** What is compared of a text: letters without marks and digits, in lower case; texts without either stand for themselves. */
export function fold (text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim() || text
}

/** Characters and words in a shingle. */
const CHARACTERS = 5
const WORDS = 3

/**
 * The character 5-grams and word trigrams of a folded text, each as a number of 32 bits; sorted, each once. Two
 * different ones of a million have the same number about 120 times: far too rare to change a similarity.
 */
export function shingles (folded: string): Uint32Array {
  const found = new Set<number>()
  const words = folded.split(' ')
  for (let index = 0; index + WORDS <= words.length; index++) found.add(hash(words.slice(index, index + WORDS).join(' '), 1))
  for (let index = 0; index + CHARACTERS <= folded.length; index++) found.add(hash(folded.slice(index, index + CHARACTERS), 0))
  if (found.size === 0) found.add(hash(folded, 0))
  return Uint32Array.from(found).sort()
}

/**
 * Jaccard similarity of two sorted sets: what they share of all they have.
 * @returns from 0 to 1
 */
export function jaccard (a: Uint32Array, b: Uint32Array): number {
  let shared = 0
  for (let left = 0, right = 0; left < a.length && right < b.length;) {
    const difference = a[left]! - b[right]!
    if (difference === 0) shared++
    if (difference <= 0) left++
    if (difference >= 0) right++
  }
  return shared / (a.length + b.length - shared)
}

/** FNV-1a over UTF-16 units, with the finalizer of MurmurHash3 so that every bit depends on every character. */
function hash (text: string, seed: number): number {
  let state = 0x811c9dc5 ^ seed
  for (let index = 0; index < text.length; index++) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193)
  return mix(state)
}

/** The finalizer of MurmurHash3 (Appleby, public domain). */
export function mix (value: number): number {
  let state = value
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
  return (state ^ (state >>> 16)) >>> 0
}
