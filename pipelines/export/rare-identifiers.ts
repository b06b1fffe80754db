const TOKEN = /[\p{L}\p{N}](?:[\p{L}\p{N}._/-]{0,62}[\p{L}\p{N}])?/gu
/** 18mm, 2440x1220, 3x2,5, 230/400V, 45-teilig */
const MEASURE = /^\d{1,5}(?:[.,/-]\d{1,4})?(?:[x×*/-]\d{1,5}(?:[.,]\d{1,3})?){0,3}-?\p{L}{0,3}$/u
/** 100-Watt-Modul, 120er-Formate, 6x100-Schrauben, 150-piece */
const COMPOUND = /^\d{1,4}(?:x\d{1,4})?(?:-?\p{Lu}?\p{Ll}+){1,3}$/u
const DATE = /^(?:\d{1,2}\.\d{1,2}\.?(?:\d{2}|\d{4})?|(?:19|20)\d{2}-\d{2}-\d{2}|\d{1,2}\/\d{1,2}\/(?:\d{2}|\d{4}))$/
const FEWEST_LETTERS_AND_DIGITS = 5
const FEWEST_DIGITS = { mixed: 3, alone: 6 }

/**
 * Finds texts with words that look like identifiers, letters and digits mixed or long runs of digits, and that fewer than `k`
 * persons wrote: numbers of orders that no pattern knows, serial numbers, licence plates.
 * @param items texts and who wrote them
 * @returns whether each text has one
 */
export function rareIdentifiers (items: ReadonlyArray<{ text: string, person: string }>, k: number): boolean[] {
  const tokens = items.map(({ text }) => [...new Set((text.match(TOKEN) ?? []).filter(isIdentifier).map(token => token.toLowerCase()))])
  const writers = new Map<string, Set<string>>()
  for (const [index, own] of tokens.entries()) {
    for (const token of own) {
      const persons = writers.get(token) ?? new Set()
      writers.set(token, persons.add(items[index]!.person))
    }
  }
  return tokens.map(own => own.some(token => writers.get(token)!.size < k))
}

export function isIdentifier (token: string): boolean {
  const digits = token.replace(/\D/g, '').length
  // Surrogates have zeros only.
  if (!/[1-9]/.test(token) || DATE.test(token) || COMPOUND.test(token)) return false
  const characters = token.replace(/[^\p{L}\p{N}]/gu, '').length
  if (digits === characters) return digits >= FEWEST_DIGITS.alone && !MEASURE.test(token)
  return digits >= FEWEST_DIGITS.mixed && characters >= FEWEST_LETTERS_AND_DIGITS && !MEASURE.test(token)
}
