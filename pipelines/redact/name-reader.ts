import { FIRST_NAMES } from './first-names.ts'
import { isFunctionWord, isNoName } from './name-words.ts'
import type { Span } from './pii.ts'

export const NAME_SURROGATES = { de: 'Muster', en: 'Sample' } as const

interface NameOptions {
  /** The first word must be a known first name. */
  readonly needsFirstName?: boolean
  /** All capitalised words that follow belong to it, as in a signature; else one after the first names. @default false */
  readonly whole?: boolean
  /** A surname alone, or after a first name, may be in lower case. @default false */
  readonly lowerCase?: boolean
}

const PARTICLES = String.raw`(?:(?:von|van(?: de[rn]?)?|de|del|di|da|ten|el|al|le|la) ){0,2}`
const PART = new RegExp(String.raw`(${PARTICLES})(\p{Lu}[\p{L}\p{M}'’-]{1,30}|\p{Lu}\.(?:-?\p{Lu}\.)?)(?![\p{L}\p{N}])`, 'yu')
const LOWER_PART = /(\p{Ll}[\p{L}\p{M}'’-]{1,30})(?![\p{L}\p{N}@])/yu
const AND = /\s(?:und|and|u\.|&|\+)\s(?=\p{Lu})/yu
const BREAK = /^\s?(?:[,.!?;:)]|$|\n)/
const MOST_PARTS = 4
const SURROGATE_WORDS: ReadonlySet<string> = new Set(Object.values(NAME_SURROGATES))

/**
 * Reads a name: capitalised words, the first of which is none that is known not to be a name. In lower case only a known first
 * name starts one, unless the options say more.
 * @returns undefined when no name starts at `position`
 */
export function readName (text: string, position: number, options: NameOptions = {}): Span | undefined {
  const end = readCapitalised(text, position, options) ?? readLowerCase(text, position, options)
  return end === undefined ? undefined : { start: position, end }
}

function readCapitalised (text: string, position: number, options: NameOptions): number | undefined {
  const ends: number[] = []
  let surnames = 0
  let certain: number | undefined
  while (ends.length < MOST_PARTS) {
    const start = ends.length ? ends.at(-1)! + 1 : position
    if (ends.length && text[start - 1] !== ' ') break
    const part = matchAt(PART, text, start)
    const word = part?.[2] ?? ''
    if (!part || isNoName(word)) break
    if (!ends.length && options.needsFirstName && !isFirstName(word)) break
    ends.push(start + part[0].length)
    if (SURROGATE_WORDS.has(word)) return ends.at(-1)
    if (!isFirstName(word) && !word.endsWith('.')) surnames++
    if (surnames <= 1) certain = ends.at(-1)
  }
  // "Herr Malermeister Quandt, …": what ends with the phrase is a name, while "Frau Schmidt Rechnung schicken" goes on.
  const end = options.whole || (ends.length && BREAK.test(text.slice(ends.at(-1), ends.at(-1)! + 2))) ? ends.at(-1) : certain
  if (end === undefined) return undefined
  const and = matchAt(AND, text, end)
  return (and && readCapitalised(text, end + and[0].length, options)) ?? end
}

function readLowerCase (text: string, position: number, { lowerCase = false }: NameOptions): number | undefined {
  const first = matchAt(LOWER_PART, text, position)?.[1]
  if (!first || !(isFirstName(first) || (lowerCase && !isFunctionWord(first) && text.slice(Math.max(0, position - 4), position) === 'ist '))) return undefined
  const end = position + first.length
  const second = lowerCase && isFirstName(first) && text[end] === ' ' ? matchAt(LOWER_PART, text, end + 1)?.[1] : undefined
  return second && !isFunctionWord(second) ? end + 1 + second.length : end
}

function matchAt (sticky: RegExp, text: string, position: number): RegExpExecArray | null {
  sticky.lastIndex = position
  return sticky.exec(text)
}

/** Also for the first half of Hans-Peter. */
export function isFirstName (word: string): boolean {
  return FIRST_NAMES.has(word.toLowerCase()) || FIRST_NAMES.has(word.toLowerCase().split('-')[0]!)
}
