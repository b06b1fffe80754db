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
export function shingles (folded: string): Int32Array {
  const borders = [-1, ...spaces(folded), folded.length]
  const words = Math.max(0, borders.length - WORDS)
  const characters = Math.max(0, folded.length - CHARACTERS + 1)
  const found = new Int32Array(Math.max(1, words + characters))
  for (let index = 0; index < words; index++) found[index] = hash(folded, borders[index]! + 1, borders[index + WORDS]!, 1)
  for (let index = 0; index < characters; index++) found[words + index] = hash(folded, index, index + CHARACTERS, 0)
  if (words + characters === 0) found[0] = hash(folded, 0, folded.length, 0)
  found.sort()
  let size = 1
  for (let index = 1; index < found.length; index++) if (found[index] !== found[size - 1]) found[size++] = found[index]!
  return found.subarray(0, size)
}

function spaces (text: string): number[] {
  const found: number[] = []
  for (let at = text.indexOf(' '); at >= 0; at = text.indexOf(' ', at + 1)) found.push(at)
  return found
}

/**
 * Jaccard similarity of two sorted sets: what they share of all they have.
 * @returns from 0 to 1
 */
export function jaccard (a: Int32Array, b: Int32Array): number {
  let shared = 0
  for (let left = 0, right = 0; left < a.length && right < b.length;) {
    const difference = a[left]! - b[right]!
    if (difference === 0) shared++
    if (difference <= 0) left++
    if (difference >= 0) right++
  }
  return shared / (a.length + b.length - shared)
}

/** FNV-1a over the UTF-16 units of a part of a text, finished so that every bit depends on every character. */
function hash (text: string, start: number, end: number, seed: number): number {
  let state = 0x811c9dc5 ^ seed
  for (let index = start; index < end; index++) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193)
  return mix(state)
}

/** The finalizer of MurmurHash3 (Appleby, public domain): a signed number of 32 bits. */
export function mix (value: number): number {
  let state = value
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
  return state ^ (state >>> 16)
}
