import { DIGIT, type Detector, type Found, type PiiKind, countDigits } from './pii.ts'

interface Words {
  /** Words that say "number": almost anything may follow. */
  readonly numbered: string
  /** Words that a number may follow or not: it must look like one of an order. */
  readonly plain: string
}

const NUMBER_WORD = String.raw`(?:nummern?|nrn?|no|numbers?|num|id|code|ref|#)(?!\p{L})`

const ORDER: Words = {
  numbered: String.raw`(?:beste?l{1,2}(?:ung)?s?|auftrags?|order|vorgangs?|liefer(?:schein)?|rechnungs?|sendungs?|paket|tracking|reservierungs?|abhol|retouren?|rücksende|reklamations?|beleg|bon|kassenbon|quittungs?|ticket|fall|angebots?|buchungs?|transaktions?|invoice|delivery|shipment|parcel|consignment|receipt|reservation|booking|returns?|refund|claim|case|transaction|confirmation|quote|reference)[- ]{0,2}${NUMBER_WORD}|aktenzeichen|unter der (?:nummer|nr)|ref(?:erence)?(?!\p{L})`,
  plain: String.raw`(?:po|bestell?ung(?:en)?|\p{L}{0,15}auftr[aä]ge?|orders?|rechnung(?:en)?|invoices?|sendung|paket|parcel|vorgang|reservierung|reservation|retoure|lieferschein|beleg|(?:kassen)?bon|receipt|nr|unter(?= \p{Lu}{1,3}-?\d))(?!\p{L})|#(?=\d)`
}

const CUSTOMER: Words = {
  numbered: String.raw`(?:kunden?(?:karten?|konto)?|kd|mitglieds?|(?:bonus|vorteils|treue|club|payback)(?:[- ]?karten?)?|konto|vertrags?|steuer|(?:customer|client|account|membership|member|loyalty|club|contract|tax)(?: card| account)?)[-. ]{0,2}${NUMBER_WORD}`,
  plain: String.raw`(?:kunde|kundin|mitglied|member|ausweis|vertrag|uid|ust-id|sort code|blz|konto|kundenkarte|kundenkonto|(?:bonus|vorteils|treue|club|payback)[- ]?karte|(?:customer|loyalty|membership|club) (?:card|account))(?!\p{L})`
}

const FILLER = String.raw`(?:[\s:#.=(„"–-]|(?<!\p{L})(?:ist|lautet|lauten|war|wäre|is|was|die|der|das|mit|meine|nummer|number|nr|no|the|glaube?|wohl|äh|ähm|um|uh)(?!\p{L})){0,10}`
const NUMBER = String.raw`(?:\p{Lu}{1,4}[-_/. ]?|\p{Ll}{1,3}-?)?\d[\d\p{Lu}]{0,19}(?:[-_/.][\d\p{Lu}]{1,12}){0,4}(?:[ ]\d{2,6}){0,4}(?:[ ]\d(?=[.,;)]|$|\n))?\p{Ll}?`
const END = String.raw`(?![\p{L}\p{N}])(?!\s?(?:€|euro|eur\b|%|cm\b|mm\b|m\b|m²|qm\b|kg\b|liter|stück|stk|uhr|x\s?\d))`
const FIRST = new RegExp(`(${NUMBER})${END}`, 'yu')
const NEXT = new RegExp(String.raw`(?:\s?[,&+/]\s?|\s(?:und|and|sowie|bzw\.)\s)(${NUMBER})${END}`, 'yu')
const BEFORE = new RegExp(String.raw`(?<![\p{L}\p{N}])(${NUMBER})[ ,]{1,2}(?:ist|is|lautet|war|wäre|=)(?: (?:meine|die|unsere|my|the|our))?\s$`, 'u')
const MOST_NEXT = 5
const BEFORE_REACH = 60
const FEWEST_DIGITS = { numbered: 3, plain: 5, plainWithLetter: 4, next: 4 }

export const orderNumberDetector = referenceDetector('order_number', ORDER)
export const customerNumberDetector = referenceDetector('customer_number', CUSTOMER)

/** Numbers of which the words beside them say whose they are. */
function referenceDetector (kind: PiiKind, { numbered, plain }: Words): Detector {
  const context = new RegExp(String.raw`(?<!\p{L})(?:(?<numbered>${numbered})|${plain})${FILLER}`, 'giu')
  return {
    kind,
    hint: DIGIT,
    * find (text) {
      for (const match of text.matchAll(context)) {
        const isNumbered = match.groups!['numbered'] !== undefined || /(?:nummer|number|nr|no|#)\P{L}*$/iu.test(match[0])
        const after = numbersAfter(text, match.index + match[0].length, isNumbered)
        yield * after
        if (isNumbered && !after.length) yield * numberBefore(text, match.index)
      }
    }
  }
}

function numbersAfter (text: string, position: number, isNumbered: boolean): Found[] {
  const found: Found[] = []
  for (let count = 0; count <= MOST_NEXT; count++) {
    const pattern = count ? NEXT : FIRST
    pattern.lastIndex = position
    const match = pattern.exec(text)
    if (!match || !isReference(match[1]!, count ? 'next' : isNumbered ? 'numbered' : 'plain')) break
    position = pattern.lastIndex
    found.push({ start: position - match[1]!.length, end: position, surrogate: blank(match[1]!) })
  }
  return found
}

/** "4471-20938 ist meine Bestellnummer" */
function numberBefore (text: string, position: number): Found[] {
  const from = Math.max(0, position - BEFORE_REACH)
  const match = BEFORE.exec(text.slice(from, position))
  if (!match || !isReference(match[1]!, 'plain')) return []
  const start = from + match.index
  return [{ start, end: start + match[1]!.length, surrogate: blank(match[1]!) }]
}

function isReference (value: string, place: 'numbered' | 'plain' | 'next'): boolean {
  const digits = countDigits(value)
  if (place !== 'plain') return digits >= FEWEST_DIGITS[place]
  // 12000 is a quantity
  return /\p{L}/u.test(value) ? digits >= FEWEST_DIGITS.plainWithLetter : digits >= FEWEST_DIGITS.plain && !/^\d+000$/.test(value.replace(/0000+$/, '0001'))
}

/** Digits become 0 and the letters after them X; what stands before them is the shop's prefix. */
function blank (value: string): string {
  const first = value.search(/\d/)
  return value.slice(0, first) + value.slice(first).replace(/\d/g, '0').replace(/\p{L}/gu, 'X')
}
