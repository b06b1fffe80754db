/** Clusters up to this many UTF-8 bytes are looked up whole. */
const WHOLE_CLUSTER_BYTES = 5
/** Characters that never join a neighbour in one grapheme cluster: no need to search for clusters. */
const ONE_CHARACTER_CLUSTERS = /^[\t\n\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2027\u20ac]*$/
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/

/**
 * SentencePiece's precompiled normalization, exactly as the Rust `tokenizers` library applies it: a double-array
 * trie (darts-clone) over UTF-8 bytes with replacements. A grapheme cluster of less than 6 bytes is replaced as a
 * whole by its shortest match; longer ones code point by code point. @xenova/transformers has NFKC here instead,
 * which differs for joined emoji and stacked marks (docs/decisions/0002).
 */
export class PrecompiledNormalizer {
  readonly #trie: Uint32Array
  readonly #replacements: Buffer
  readonly #segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })
  /** Replacement of single characters, which are most; at most one entry a character of the fast range. */
  readonly #known = new Map<string, string>()

  /** @param charsmap base64: size of the trie in bytes (uint32), the trie, zero-terminated replacements */
  constructor (charsmap: string) {
    const bytes = Buffer.from(charsmap, 'base64')
    const trieBytes = bytes.readUInt32LE(0)
    this.#trie = Uint32Array.from({ length: trieBytes / 4 }, (_, unit) => bytes.readUInt32LE(4 + 4 * unit))
    this.#replacements = bytes.subarray(4 + trieBytes)
  }

  normalize (text: string): string {
    if (PRINTABLE_ASCII.test(text)) return text
    let normalized = ''
    if (ONE_CHARACTER_CLUSTERS.test(text)) {
      for (const character of text) normalized += this.#replaceKnown(character)
      return normalized
    }
    for (const { segment } of this.#segmenter.segment(text)) normalized += this.#replaceCluster(segment)
    return normalized
  }

  #replaceKnown (character: string): string {
    const known = this.#known.get(character)
    if (known !== undefined) return known
    const replacement = this.#lookUp(character) ?? character
    this.#known.set(character, replacement)
    return replacement
  }

  #replaceCluster (cluster: string): string {
    const whole = Buffer.byteLength(cluster) <= WHOLE_CLUSTER_BYTES ? this.#lookUp(cluster) : undefined
    if (whole !== undefined) return whole
    let replaced = ''
    for (const character of cluster) replaced += this.#lookUp(character) ?? character
    return replaced
  }

  /** Replacement for the shortest prefix of `key` that the trie has. Bit layout of a unit: darts-clone. */
  #lookUp (key: string): string | undefined {
    let unit = this.#trie[0]!
    let node = offset(unit)
    for (const byte of Buffer.from(key, 'utf8')) {
      node ^= byte
      unit = this.#trie[node] ?? 0
      if (((unit & 0x800000ff) >>> 0) !== byte) return undefined
      node ^= offset(unit)
      const hasLeaf = unit & 0x100
      if (hasLeaf) return this.#replacementAt(this.#trie[node]! & 0x7fffffff)
    }
    return undefined
  }

  #replacementAt (start: number): string {
    return this.#replacements.toString('utf8', start, this.#replacements.indexOf(0, start))
  }
}

function offset (unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6)
}
