import { DIGIT, type Detector, capture } from './pii.ts'

/** Lengths by country (SWIFT IBAN Registry), for where customers are likely to bank. */
const LENGTHS: Readonly<Record<string, number>> = {
  AD: 24, AT: 20, BE: 16, BG: 22, CH: 21, CY: 28, CZ: 24, DE: 22, DK: 18, EE: 20, ES: 24, FI: 18, FR: 27, GB: 22, GI: 23, GR: 27, HR: 21, HU: 28, IE: 22, IS: 26, IT: 27, LI: 21, LT: 20, LU: 20, LV: 21, MC: 27, MT: 31, NL: 18, NO: 15, PL: 28, PT: 25, RO: 24, RS: 22, SE: 24, SI: 19, SK: 24, SM: 27, TR: 26, UA: 29
}
/** A look-ahead, because what follows an IBAN may be read as part of it, and the next one with it. */
const CANDIDATE = /(?<![\p{L}\p{N}])(?=(?<pii>[A-Z]{2}[ -]?\d{2}(?:[ -]?[A-Z\d]){11,30}))/dgiu
/** "at 890 instead of the 690": now and then such a thing has the length and even the checksum. */
const WORDS = /(?<=[ -])[a-z]+(?=[ -]|$)/
const NAMED = /\bIBAN\b[^\p{L}\d\n]{0,4}(?:(?:ist|is|lautet)[^\p{L}\d\n]{1,3})?$/iu
/** How far before the number the word IBAN is looked for. */
const NAMED_REACH = 24

export const ibanDetector: Detector = {
  kind: 'iban',
  hint: DIGIT,
  * find (text) {
    for (const { start, value } of capture(text, CANDIDATE)) {
      const length = LENGTHS[value.slice(0, 2).toUpperCase()]
      const iban = length === undefined ? '' : leadingCharacters(value, length)
      if (!iban || WORDS.test(iban)) continue
      // Customers mistype: what they call an IBAN is one, right or wrong.
      if (!hasValidChecksum(iban) && !NAMED.test(text.slice(Math.max(0, start - NAMED_REACH), start))) continue
      yield { start, end: start + iban.length, surrogate: iban.slice(0, 2) + iban.slice(2).replace(/[A-Z\d]/gi, '0') }
    }
  }
}

/** @returns the start of `value` that holds `count` letters and digits; '' when there are fewer */
function leadingCharacters (value: string, count: number): string {
  let seen = 0
  for (let index = 0; index < value.length; index++) {
    if (/[A-Z\d]/i.test(value[index]!) && ++seen === count) return value.slice(0, index + 1)
  }
  return ''
}

/** ISO 7064 MOD 97-10 as ISO 13616 applies it. */
export function hasValidChecksum (iban: string): boolean {
  const compact = iban.replace(/[^A-Z\d]/gi, '').toUpperCase()
  let remainder = 0
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = parseInt(character, 36)
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
  }
  return remainder === 1
}
