import { DIGIT, type Detector, capture, countDigits, zeroDigits } from './pii.ts'

/** First digits of American Express, Diners, JCB, Visa, Mastercard, Maestro, Discover and UnionPay. */
const CANDIDATE = /(?<![\p{L}\p{N}.,:/-])(?<pii>[2-6](?:[ -]?\d){12,18})/dgu
const FEWEST_DIGITS = 13

export const cardDetector: Detector = {
  kind: 'card',
  hint: DIGIT,
  * find (text) {
    for (const { start, value } of capture(text, CANDIDATE)) {
      const number = longestValid(value, /^\d/.test(text.slice(start + value.length)))
      if (number) yield { start, end: start + number.length, surrogate: zeroDigits(number) }
    }
  }
}

/** A date or a check number may follow after a space, so that the longest start that is valid counts. */
function longestValid (value: string, goesOn: boolean): string {
  for (let end = value.length; countDigits(value.slice(0, end)) >= FEWEST_DIGITS; end--) {
    const number = value.slice(0, end)
    const next = value[end]
    const complete = next === undefined ? !goesOn : !/\d/.test(next)
    if (complete && /\d$/.test(number) && hasValidLuhn(number) && !isEan(number)) return number
  }
  return ''
}

/** Luhn's check digit (ISO/IEC 7812-1). */
export function hasValidLuhn (number: string): boolean {
  const digits = number.replace(/\D/g, '')
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index])
    const weighed = index % 2 ? digit * 2 : digit
    sum += weighed > 9 ? weighed - 9 : weighed
  }
  return sum % 10 === 0
}

/** Bar codes of articles have 13 digits too, without spaces; no card in use has. */
function isEan (number: string): boolean {
  if (!/^\d{13}$/.test(number)) return false
  const sum = [...number].reduce((total, digit, index) => total + Number(digit) * (index % 2 ? 3 : 1), 0)
  return sum % 10 === 0
}
