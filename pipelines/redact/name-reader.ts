import { FIRST_NAMES } from './first-names.ts'
import { isFunctionWord, isNoName } from './name-words.ts'
import type { Span } from './pii.ts'

export const NAME_SURROGATES = { de: 'Muster', en: 'Sample' } as const

const PARTICLES = String.raw`(?:(?:von|van|vom|zu|zum|zur|de|del|der|den|di|da|ten|el|al|le|la) ){0,3}`
const PART = new RegExp(String.raw`(${PARTICLES})(\p{Lu}[\p{L}\p{M}'’-]{1,30}|\p{Lu}\.(?:-?\p{Lu}\.)?)(?![\p{L}\p{N}])`, 'yu')
const LOWER_PART = /(\p{Ll}[\p{L}\p{M}'’-]{1,30})(?![\p{L}\p{N}@])/yu
const AND = /\s(?:und|and|u\.|&|\+)\s(?=\p{Lu})/yu
const MOST_PARTS = 4
const SURROGATE_WORDS: ReadonlySet<string> = new Set(Object.values(NAME_SURROGATES))

/**
 * Reads a name: capitalised words, the first of which is none that is known not to be a name, and at most one after the first
 * names and initials. In lower case only a known first name starts one.
 * @returns undefined when no name starts at `position`
 */
export function readName (text: string, position: number, { needsFirstName = false, whole = false } = {}): Span | undefined {
  const end = readCapitalised(text, position, needsFirstName, whole) ?? readLowerCase(text, position)
  return end === undefined ? undefined : { start: position, end }
}

/** @param whole every capitalised word that follows belongs to it, as in a signature */
function readCapitalised (text: string, position: number, needsFirstName: boolean, whole: boolean): number | undefined {
  let end: number | undefined
  for (let parts = 0, surnames = 0; parts < MOST_PARTS; parts++) {
    const start = end === undefined ? position : end + 1
    if (end !== undefined && text[end] !== ' ') break
    PART.lastIndex = start
    const [part = '', , word = ''] = PART.exec(text) ?? []
    if (!part || isNoName(word)) break
    if (parts === 0 && needsFirstName && !isFirstName(word)) break
    if (!whole && surnames === 1) break
    end = start + part.length
    if (SURROGATE_WORDS.has(word)) return end
    if (!isFirstName(word) && !word.endsWith('.')) surnames++
  }
  if (end === undefined) return undefined
  AND.lastIndex = end
  const and = AND.exec(text)
  return (and && readCapitalised(text, AND.lastIndex, needsFirstName, whole)) ?? end
}

function readLowerCase (text: string, position: number): number | undefined {
  LOWER_PART.lastIndex = position
  const first = LOWER_PART.exec(text)
  if (!first || !isFirstName(first[1]!)) return undefined
  const end = position + first[0].length
  if (text[end] !== ' ') return end
  LOWER_PART.lastIndex = end + 1
  const second = LOWER_PART.exec(text)
  return second && !isFunctionWord(second[1]!) ? end + 1 + second[0].length : end
}

/** Also for the first half of Hans-Peter. */
export function isFirstName (word: string): boolean {
  return FIRST_NAMES.has(word.toLowerCase()) || FIRST_NAMES.has(word.toLowerCase().split('-')[0]!)
}
