import { DIGIT, type Detector, capture, countDigits, zeroDigits } from './pii.ts'

const DIGITS = String.raw`(?:[ \u00a0./()–-]{0,4}\d)`
/** `+49 …`, `0049 …`, `0171 …`, `(030) …`. After a single 0 comes a digit: `0 601 9` starts an article number. */
const PREFIXED = new RegExp(String.raw`(?<![\p{L}\p{N}.,:/#+–-])(?<pii>\(?(?:\+\s?\d|00?\d)${DIGITS}{5,16})(?![\p{L}\p{N}])`, 'dgu')
const AMERICAN = /(?<![\p{L}\p{N}.,:/#+-])(?<pii>(?:\(\d{3}\)\s?|\d{3}[-.])\d{3}[-.]\d{4})(?![\p{L}\p{N}-])/dgu
const NAMED = new RegExp(String.raw`(?<!\p{L})(?:tel(?:efon)?(?:[- ]?(?:nummer|nr))?|phone(?: number)?|mobile?(?:[- ]?(?:nummer|number))?|handy(?:[- ]?(?:nummer|nr))?|rufnummer|fax|whats\s?app|festnetz|landline|rückruf|(?:call|ring|phone|text|reach)(?: me| us)?(?: back)? (?:on|at|under)|(?:erreichbar|erreichen|anrufen|melden|zurückrufen|rückruf)(?: bitte)? (?:unter|auf)|my number|meine nummer)[ .:–-]{0,3}(?:(?:ist|is|lautet|unter|auf|der|die|number|nummer|nr|no|bitte)[ .:]{1,3}){0,4}(?<pii>\(?\d${DIGITS}{4,15})(?![\p{L}\p{N}])`, 'dgiu')

const NATIONAL_DIGITS = { fewest: 7, fewestUnbroken: 9, most: 14 }
const INTERNATIONAL_DIGITS = { fewest: 9, most: 16 }

export const phoneDetector: Detector = {
  kind: 'phone',
  hint: DIGIT,
  * find (text) {
    for (const { value, start, end } of capture(text, PREFIXED)) {
      if (isPhoneNumber(value)) yield { start, end, surrogate: zeroDigits(value) }
    }
    for (const pattern of [AMERICAN, NAMED]) {
      for (const { value, start, end } of capture(text, pattern)) yield { start, end, surrogate: zeroDigits(value) }
    }
  }
}

function isPhoneNumber (value: string): boolean {
  const digits = countDigits(value)
  if (/^\(?(?:\+|00)/.test(value)) return digits >= INTERNATIONAL_DIGITS.fewest && digits <= INTERNATIONAL_DIGITS.most
  const { fewest, fewestUnbroken, most } = NATIONAL_DIGITS
  return digits >= (/^\d+$/.test(value) ? fewestUnbroken : fewest) && digits <= most
}
