import { addressDetector } from './address.ts'
import { cardDetector } from './card.ts'
import { emailDetector } from './email.ts'
import { ibanDetector } from './iban.ts'
import { keptSpans } from './kept.ts'
import { nameDetector } from './name.ts'
import { phoneDetector } from './phone.ts'
import { DIGIT, type Detector, PII_KINDS, type PiiKind, type PiiMatch, type Span } from './pii.ts'
import { customerNumberDetector, orderNumberDetector } from './reference-number.ts'

export type { PiiKind, PiiMatch } from './pii.ts'

const DETECTORS: Record<PiiKind, Detector> = {
  email: emailDetector,
  iban: ibanDetector,
  customer_number: customerNumberDetector,
  order_number: orderNumberDetector,
  card: cardDetector,
  phone: phoneDetector,
  address: addressDetector,
  name: nameDetector
}
/** One is enough but for what a surrogate reveals: zeros can complete a check digit, a name taken away can bring two words together. */
const MOST_PASSES = 4
/** What a date or an article number must not be taken for. */
const LOOSE: ReadonlySet<PiiKind> = new Set(['customer_number', 'order_number', 'card', 'phone', 'address'])

/**
 * Replaces personal data by surrogates of the same shape (docs/decisions/0007-redaction-keeps-the-shape.md). Redacted text
 * stays as it is: `redactText(redactText(x).text)` finds nothing. Texts must be composed (NFC), as `prepare` and `export` make them.
 * @returns the text and how many of each kind were replaced
 */
export function redactText (text: string): { text: string, found: Record<PiiKind, number> } {
  const found = Object.fromEntries(PII_KINDS.map(kind => [kind, 0])) as Record<PiiKind, number>
  let redacted = text
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const matches = findPii(redacted)
    if (!matches.length) break
    redacted = replace(redacted, matches)
    for (const { kind } of matches) found[kind]++
  }
  return { text: redacted, found }
}

function replace (text: string, matches: readonly PiiMatch[]): string {
  let replaced = ''
  let position = 0
  for (const { start, end, surrogate } of matches) {
    replaced += text.slice(position, start) + surrogate
    position = end
  }
  return replaced + text.slice(position)
}

/**
 * Finds personal data: e-mail addresses, IBANs, card and phone numbers, numbers of orders and customers, postal addresses and
 * names where their surroundings give them away. Surrogates are none.
 * @returns without overlaps, in the order of the text
 */
export function findPii (text: string): PiiMatch[] {
  const kept = new Uint8Array(text.length)
  if (DIGIT.test(text)) for (const span of keptSpans(text)) mark(kept, span)
  const taken = new Uint8Array(text.length)
  const matches: PiiMatch[] = []
  for (const kind of PII_KINDS) {
    const { hint, find } = DETECTORS[kind]
    if (hint && !hint.test(text)) continue
    for (const found of find(text)) {
      if (touches(taken, found) || (LOOSE.has(kind) && touches(kept, found))) continue
      mark(taken, found) // a surrogate too: nothing else may be seen in it
      if (found.surrogate !== text.slice(found.start, found.end)) matches.push({ kind, ...found })
    }
  }
  return matches.sort((a, b) => a.start - b.start)
}

function mark (mask: Uint8Array, { start, end }: Span): void {
  mask.fill(1, start, end)
}

function touches (mask: Uint8Array, { start, end }: Span): boolean {
  return mask.subarray(start, end).includes(1)
}
