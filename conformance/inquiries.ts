import { classifyByHash } from './stub-classifier.ts'
import { poisonRecord } from './poison.ts'
import { NUMBER_HEADER, type OutgoingRecord } from './sent-record.ts'

export interface InquiryOptions {
  /** Begins every id, so that no run meets the records of another. */
  readonly run: string
  /** Every so many inquiries, one has the key of the one before. */
  readonly sharedKeyEvery?: number
  /** Share of records that cannot be read. @default 0 */
  readonly poisonShare?: number
  /** Every so many inquiries, one has a `deadline` header of half the timeout. */
  readonly ownDeadlineEvery?: number
  readonly timeoutMs: number
  /** Whether the answers of the API on these texts are known. */
  readonly answersKnown: boolean
}

const TEXTS = [
  'Wo bleibt meine Lieferung? Die Bestellung war für Freitag zugesagt.',
  'The drill I bought last week does not charge any more.',
  'Ich möchte zwei Eimer Wandfarbe zurückgeben, sie sind ungeöffnet.',
  'Why was my card charged twice for the same order?',
  'Habt ihr am Karfreitag offen?',
  'Which screws do I need for a plasterboard ceiling? 🔩',
  'La livraison est arrivée abîmée, que dois-je faire ?',
  'Der Wasserhahn tropft, seit ich die Kartusche gewechselt habe.'
]

/** Makes the records of a scenario: the same number gives the same record. */
export function inquiryMaker ({ run, sharedKeyEvery, poisonShare = 0, ownDeadlineEvery, timeoutMs, answersKnown }: InquiryOptions): (number: number, now: number) => OutgoingRecord {
  const poisonEvery = poisonShare > 0 ? Math.round(1 / poisonShare) : Infinity
  return (number, now) => {
    const id = `${run}-${number}`
    if (number % poisonEvery === poisonEvery - 1) return poisonRecord({ number: Math.floor(number / poisonEvery), id, now, header: String(number) })
    const sharesKey = sharedKeyEvery !== undefined && number % sharedKeyEvery === 1
    const ownDeadline = ownDeadlineEvery !== undefined && number % ownDeadlineEvery === ownDeadlineEvery - 1
    const text = textOf(number)
    return {
      key: sharesKey ? `${run}-${number - 1}` : id,
      // `channel` is of the contract, `note` is not: an adapter ignores what it does not know.
      value: JSON.stringify({ id, text, locale: 'de-DE', channel: 'app', createdAt: new Date(now).toISOString(), note: number }),
      headers: { [NUMBER_HEADER]: String(number), ...(ownDeadline && { deadline: String(now + Math.round(timeoutMs / 2)) }) },
      expected: { id, outcome: 'decision', kind: 'inquiry', ...(answersKnown && { category: classifyByHash(text).category }) }
    }
  }
}

export function textOf (number: number): string {
  return `${TEXTS[number % TEXTS.length]} (${number})`
}
