const WORD_BOUNDARY = '▁'
const CACHE_LIMIT = 20_000
const CACHED_WORD_LENGTH = 32

/**
 * Unigram segmentation (Kudo 2018, "Subword Regularization"): of all ways to cut a text into known pieces the one
 * with the highest sum of log probabilities, found by Viterbi's algorithm. Exact on Unicode code points, where the
 * implementation in @xenova/transformers walks UTF-16 units and loses every emoji (docs/decisions/0002).
 */
export class UnigramModel {
  readonly #unknownId: number
  readonly #unknownScore: number
  readonly #scores: Float64Array
  /** Every piece with its id, and every proper prefix of a piece with -1: a walk stops where this has nothing. */
  readonly #prefixes = new Map<string, number>()
  readonly #longestPiece: number
  /** Words recur: their segmentation is kept. Emptied when full, which bounds it. */
  readonly #cache = new Map<string, readonly number[]>()

  /**
   * @param vocabulary pieces and log probabilities, in the order of their ids
   * @param unknownId id of the piece for characters that no piece has
   * @param special pieces that never match text (`<s>` written by a customer is just four characters)
   */
  constructor (vocabulary: ReadonlyArray<readonly [string, number]>, unknownId: number, special: ReadonlySet<string>) {
    this.#unknownId = unknownId
    this.#scores = Float64Array.from(vocabulary, ([, score]) => score)
    this.#unknownScore = this.#scores.reduce((least, score) => Math.min(least, score), Infinity) - 10
    this.#longestPiece = vocabulary.reduce((longest, [piece]) => Math.max(longest, piece.length), 0)
    vocabulary.forEach(([piece], id) => {
      if (special.has(piece)) return
      if (piece.indexOf(WORD_BOUNDARY, 1) > 0) throw new Error(`Piece ${id} spans words, which this segmentation excludes`)
      this.#addPiece(piece, id)
    })
  }

  /**
   * @param text normalized text in which `▁` stands for a space and before the first word
   * @returns ids of its pieces
   */
  encode (text: string): number[] {
    const ids: number[] = []
    for (const word of text.split(/(?=▁)/)) {
      for (const id of this.#encodeWord(word)) {
        // A run of unknown characters is one unknown piece, also across words (SentencePiece's `fuse_unk`).
        if (id === this.#unknownId && ids.at(-1) === id) continue
        ids.push(id)
      }
    }
    return ids
  }

  #addPiece (piece: string, id: number): void {
    for (let end = 1; end < piece.length; end++) {
      const prefix = piece.slice(0, end)
      if (!this.#prefixes.has(prefix)) this.#prefixes.set(prefix, -1)
    }
    if ((this.#prefixes.get(piece) ?? -1) === -1) this.#prefixes.set(piece, id)
  }

  #encodeWord (word: string): readonly number[] {
    const known = this.#cache.get(word)
    if (known) return known
    const ids = this.#viterbi(word)
    if (word.length <= CACHED_WORD_LENGTH) {
      if (this.#cache.size >= CACHE_LIMIT) this.#cache.clear()
      this.#cache.set(word, ids)
    }
    return ids
  }

  #viterbi (word: string): number[] {
    const length = word.length
    const best = new Float64Array(length + 1).fill(-Infinity)
    const cameFrom = new Int32Array(length + 1)
    const piece = new Int32Array(length + 1)
    best[0] = 0
    const offer = (from: number, to: number, score: number, id: number) => {
      const total = best[from]! + score
      if (total > best[to]!) { best[to] = total; cameFrom[to] = from; piece[to] = id }
    }
    for (let start = 0; start < length; start++) {
      if (best[start] === -Infinity) continue // the middle of a surrogate pair
      const nextCharacter = start + (word.codePointAt(start)! > 0xffff ? 2 : 1)
      let coversCharacter = false
      const stop = Math.min(length, start + this.#longestPiece)
      for (let end = start + 1; end <= stop; end++) {
        const id = this.#prefixes.get(word.slice(start, end))
        if (id === undefined) break
        if (id < 0) continue
        offer(start, end, this.#scores[id]!, id)
        if (end === nextCharacter) coversCharacter = true
      }
      if (!coversCharacter) offer(start, nextCharacter, this.#unknownScore, this.#unknownId)
    }
    const ids: number[] = []
    for (let end = length; end > 0; end = cameFrom[end]!) {
      if (piece[end] === this.#unknownId && ids.at(-1) === this.#unknownId) continue
      ids.push(piece[end]!)
    }
    return ids.reverse()
  }
}
