/** Kinds of personal data, in order of precedence: where two overlap, the earlier one counts. */
export const PII_KINDS = ['email', 'iban', 'customer_number', 'order_number', 'card', 'phone', 'address', 'name'] as const

export type PiiKind = typeof PII_KINDS[number]

/** A piece of a text: positions in UTF-16 units, `end` is the first after it. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Personal data and what stands for it in redacted text. */
export interface Found extends Span {
  readonly surrogate: string
}

export interface PiiMatch extends Found {
  readonly kind: PiiKind
}

/** Finds one kind. Takes time linear in the text's length, so every quantifier in its patterns has an upper bound. */
export interface Detector {
  readonly kind: PiiKind
  /** Every text that holds this kind has this; most texts do not, and looking for it is quick. @default anything */
  readonly hint?: RegExp
  find(text: string): Iterable<Found>
}

export const DIGIT = /\d/

/** The spans of the group `pii` of each match. The pattern needs the flags `d` and `g`. */
export function * capture (text: string, pattern: RegExp): Generator<Span & { value: string }> {
  for (const match of text.matchAll(pattern)) {
    const [start, end] = match.indices!.groups!['pii']!
    yield { start, end, value: text.slice(start, end) }
  }
}

/** The surrogate of a number: its own shape, so that n-grams, which read every digit as 0, do not change at all. */
export function zeroDigits (text: string): string {
  return text.replace(/\d/g, '0')
}

export function countDigits (text: string): number {
  return text.replace(/\D/g, '').length
}
