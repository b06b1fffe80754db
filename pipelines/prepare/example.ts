import { type Example, SPLITS, type Split, digestOf } from '../data/data-set.ts'
import { cleanInquiry } from './clean.ts'
import { detectLanguage, languageOf } from './language.ts'
import type { RawRow } from './read-rows.ts'
import type { SplitMode } from './split.ts'

/** Replaces what names a person: gives the text without it, and how often what kind was found. */
export type Redactor = (text: string) => { text: string, found: Readonly<Record<string, number>> }

/** Why a row is left out. */
export const REASONS = ['empty_text', 'missing_label', 'unknown_label', 'unknown_split', 'missing_time', 'unknown_time', 'contradictory_label', 'duplicate', 'near_duplicate'] as const
export type Reason = typeof REASONS[number]

export interface ExampleRules {
  /** `given`: each row must say its split, by a column or the name of its file, `keep`: it may; `time`: when it was written. */
  readonly split: SplitMode
  readonly labelOf: (value: string) => string | undefined
  readonly redact: Redactor
  /** Gives a customer a pseudonym. */
  readonly pseudonymOf: (customer: string) => string
}

/** What a row became. */
export type Made =
  | { readonly reason: Reason }
  | { readonly example: Example, readonly given: Split | undefined, readonly cleaned: boolean, readonly redacted: boolean, readonly found: Readonly<Record<string, number>> }

/** Makes an example of a row, or says why it cannot be one. */
export function makeExample ({ values, file }: RawRow, { split, labelOf, redact, pseudonymOf }: ExampleRules): Made {
  const { subject = '', text = '', createdAt, customer, style, channel } = values
  const cleaned = cleanInquiry(text, subject)
  if (!cleaned) return { reason: 'empty_text' }
  if (!values.label?.trim()) return { reason: 'missing_label' }
  const label = labelOf(values.label)
  if (label === undefined) return { reason: 'unknown_label' }
  const given = split === 'given' || split === 'keep' ? splitNamed(values.split ?? baseName(file)) : undefined
  if (split === 'given' && given === undefined) return { reason: 'unknown_split' }
  const time = createdAt === undefined ? undefined : parseTime(createdAt)
  if (createdAt !== undefined && time === undefined) return { reason: 'unknown_time' }
  if (split === 'time' && time === undefined) return { reason: 'missing_time' }

  const redacted = redact(cleaned)
  return {
    example: {
      id: values.id ?? digestOf(redacted.text).slice(0, 12),
      text: redacted.text,
      label,
      language: languageOf(values.language ?? values.locale ?? '') || detectLanguage(redacted.text),
      ...(style && { style }),
      ...(channel && { channel }),
      ...(customer && { customer: pseudonymOf(customer) }),
      ...(time && { createdAt: time })
    },
    given,
    cleaned: cleaned !== (subject ? `${subject}\n${text}` : text),
    redacted: redacted.text !== cleaned,
    found: redacted.found
  }
}

/**
 * Gives each customer a number in the order of first appearance: the same in all rows of one run, and nothing that
 * could be turned back into who it was.
 */
export function createPseudonyms (): (customer: string) => string {
  const known = new Map<string, string>()
  return customer => {
    const pseudonym = known.get(customer) ?? `customer-${known.size + 1}`
    known.set(customer, pseudonym)
    return pseudonym
  }
}

function splitNamed (name: string): Split | undefined {
  return SPLITS.find(split => split === name.trim().toLowerCase())
}

function baseName (path: string): string {
  return path.split(/[\\/]/).at(-1)!.split('.')[0]!
}

/** ISO 8601, or as databases write it; without a zone it is UTC. */
function parseTime (value: string): string | undefined {
  const iso = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?$/.test(value) ? `${value.length === 10 ? `${value}T00:00` : value.replace(' ', 'T')}Z` : value.replace(/([+-]\d\d)$/, '$1:00')
  const time = /^\d{4}-/.test(iso) ? new Date(iso) : new Date(NaN)
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString()
}
