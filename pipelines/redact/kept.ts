import type { Span } from './pii.ts'

const KEPT: readonly RegExp[] = [
  // 3.4.2025, 03.04., 1.-3.5.25, 2025-04-03, 03/04/2025, 05/2025
  /(?<![\d.])\d{1,2}\.\s?(?:-\s?\d{1,2}\.\s?)?\d{1,2}\.(?:\s?(?:19|20)?\d{2})?(?![\d.])/g,
  /(?<![\d-])(?:19|20)\d{2}-\d{2}-\d{2}(?![\d-])/g,
  /(?<![\d/-])\d{1,2}([/-])\d{1,2}\1(?:19|20)?\d{2}(?![\d/-])/g,
  /(?<![\d/])(?:0?[1-9]|1[0-2])\/(?:19|20)\d{2}(?![\d/])/g,
  // 08.00-20.00, 0800–2000 Uhr
  /(?<!\d)[01]?\d[.:]\d{2}\s?(?:-|–|bis|to)\s?[012]?\d[.:]\d{2}(?!\d)/g,
  /(?<!\d)[012]\d[0-5]\d\s?[-–]\s?[012]\d[0-5]\d(?=\s?(?:Uhr|hrs|h\b|hours))/g,
  // Art.-Nr. 1234567, article 330-17, EAN 4006381333931: numbers of things, not of persons
  /(?<!\p{L})(?:artikel|art|article|item|sku|ean|gtin|isbn|modell?|typ|type|produkt|product|ersatzteil|(?:spare )?part|serien|serial|charge|batch)[-. ]{0,3}(?:nummern?|nrn?|no|numbers?|bezeichnung|code|id)?(?!\p{L})[.:#]?\s{0,2}(?:(?:ist|is|lautet|die|mit|der)\s){0,2}#?[A-Z]{0,5}[-_ ]?\d[\dA-Z]{0,19}(?:[-_/.][\dA-Z]{1,12}){0,4}(?: [1-9]\d{1,3}){0,2}/giu
]

/** What looks like personal data to a loose pattern and is not: dates, opening hours, article numbers. */
export function * keptSpans (text: string): Generator<Span> {
  for (const pattern of KEPT) {
    for (const match of text.matchAll(pattern)) yield { start: match.index, end: match.index + match[0].length }
  }
}
