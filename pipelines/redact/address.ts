import { DIGIT, type Detector, type Found, type Span, capture, zeroDigits } from './pii.ts'
import { isQuantity, TOWNS_WITH_FOUR_DIGITS, WAYS_OF_THINGS } from './address-words.ts'

const HOUSE_NUMBER = String.raw`\d{1,4}(?:\s?[a-hA-H](?![\p{L}\p{N}]))?(?:\s?[-/]\s?\d{1,4}(?:\s?[a-h](?![\p{L}\p{N}]))?){0,3}`
/** What makes of a house number a length, a quantity, a time or a price. */
const NO_HOUSE_NUMBER = String.raw`(?![\p{L}\p{N}])(?!\s?(?:[,.x×*]\s?\d{1,2}(?!\d)|%|€|°|m²|m³|"|″|(?:cm|mm|m|km|kg|g|l|liter|meter|metern|stück|stk|euro|eur|uhr|grad|zoll|watt|jahre|tage|minuten|mal)(?!\p{L})))`
/** Bismarckstraße 12, Berliner Str. 5a, Karl-Marx-Allee 1 */
const STREET = new RegExp(String.raw`(?<![\p{L}\p{N}-])(?<pii>(?:(?:(?:Alte|Neue|Kleine|Große|Obere|Untere|Innere|Äußere|Hintere|Vordere|Lange|Hohe)[nr]? )?\p{Lu}[\p{L}-]{0,30}?(?:straße|strasse|str\.|gasse|allee|chaussee|promenade)|\p{Lu}[\p{L}.]{1,24}(?:-\p{Lu}[\p{L}.]{1,24}){0,3}[ -](?:Straße|Strasse|Str\.|Gasse|Allee|Platz|Weg|Ring|Damm|Ufer|Chaussee))\s?${HOUSE_NUMBER})${NO_HOUSE_NUMBER}`, 'dgu')
const STREET_LOWER = new RegExp(String.raw`(?<![\p{L}\p{N}-])(?<pii>\p{L}{3,30}(?:straße|strasse|str\.?) ${HOUSE_NUMBER})${NO_HOUSE_NUMBER}`, 'dgu')
const WAY = new RegExp(String.raw`(?<![\p{L}\p{N}-])(?<pii>(?!${WAYS_OF_THINGS})\p{Lu}[\p{L}-]{2,30}(?:weg|pfad|steig|stieg|ufer|damm|wall|hain|anger|kamp) ${HOUSE_NUMBER})${NO_HOUSE_NUMBER}`, 'dgu')
/** Endings that are also those of things: Marktplatz 3, but Dichtring 20, Parkplatz 7. */
const AMBIGUOUS_STREET = new RegExp(String.raw`(?<![\p{L}\p{N}-])(?<pii>\p{Lu}[\p{L}-]{2,30}(?:platz|ring|hof|berg|markt|feld|garten|blick|tal|park|graben|winkel)\s${HOUSE_NUMBER})${NO_HOUSE_NUMBER}`, 'dgu')
/** Am Eichenhain 12, Unter den Linden 5 */
const PREPOSITION_STREET = new RegExp(String.raw`(?<![\p{L}\p{N}-])(?<pii>(?:Am|Im|An der|An den|An dem|Auf der|Auf dem|In der|In den|Unter den|Zum|Zur|Hinter der|Hinter dem|Vor dem|Bei der) (?:Alten |Hohen |Kleinen |Großen |Grünen )?\p{Lu}[\p{L}-]{2,30} ${HOUSE_NUMBER})${NO_HOUSE_NUMBER}`, 'dgu')
/** 12 Harbour View, 221b Baker Street, Flat 3, 7 Mill Lane */
const ENGLISH_STREET = /(?<![\p{L}\p{N}.,/-])(?<pii>(?:(?:Flat|Apartment|Apt\.?|Unit) \d{1,4}[a-zA-Z]?,? )?\d{1,4}[a-zA-Z]?,? (?:\p{Lu}[\p{L}'’.-]{1,24} ){1,3}(?:Street|St\.?|Road|Rd\.?|Avenue|Ave\.?|Lane|Ln\.?|Drive|Dr\.?|Close|Court|Crescent|Terrace|Place|Square|Gardens|Grove|Way|View|Hill|Mews|Row|Walk|Parade|Boulevard|Blvd\.?|Green))(?![\p{L}\p{N}])/dgu
const ENGLISH_POSTCODE = /(?<![\p{L}\p{N}])(?<pii>[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2})(?![\p{L}\p{N}])/dgu
const TOWN = String.raw`\p{Lu}[\p{L}-]{1,30}(?:[ ](?:am|an der|im|in|ob der|bei)[ ]\p{Lu}[\p{L}-]{1,24})?(?:[ ]\([\p{L}. ]{2,20}\))?`
const POSTCODE = new RegExp(String.raw`(?<![\p{L}\p{N}.,/€+-])(?<pii>(?:(?:DE?|AT?|CH)[- ])?\d{4,5} (?:Bad |Sankt |St\. ?)?${TOWN})`, 'dgu')
const LONE_POSTCODE = /(?<!\p{L})(?:(?:plz|postleitzahl|postal code|postcode|zip(?: code)?)[ .:]{0,3}(?:(?:ist|is|lautet) )?|(?:in|nach|aus) (?=\d{5}(?<!000)(?:\s?[,.;?!)]|\s?$| wohn)))(?<pii>\d{4,5})(?!\p{N})/dgiu

/** Says that an address follows. */
const ADDRESS_WORD = /(?:adresse|anschrift|address|wohn(?:e|en|haft)|wohnort|liefer\p{L}{0,10}(?: (?:sie|bitte|es|mir|uns)){0,2}(?: an| nach)?|geliefert(?: an| nach)?|ziehen? (?:um )?(?:in|nach)|live(?: at)?|deliver(?:ed)? to)[^\n\d]{0,30}$/iu
const PLACE_WORD = /(?:(?<!\p{L})(?:in|aus|nach|bei|von|raum|standort|filiale|markt|near|from|at|to|plz|ort|postleitzahl|postcode)|[:,;(]|^|\n)\s{0,2}$/iu
const REACH = 60

const STREET_SURROGATE = 'Musterstraße 1'
const TOWN_SURROGATE = 'Musterstadt'
const ENGLISH_STREET_SURROGATE = '1 Example Street'
const ENGLISH_POSTCODE_SURROGATE = 'XX0 0XX'

/** Streets with a house number and post codes with their town; a street or a town alone is no address. */
export const addressDetector: Detector = {
  kind: 'address',
  hint: DIGIT,
  * find (text) {
    const streets = germanStreets(text)
    yield * streets.map(({ start, end }) => ({ start, end, surrogate: STREET_SURROGATE }))
    for (const { start, end } of capture(text, ENGLISH_STREET)) yield { start, end, surrogate: ENGLISH_STREET_SURROGATE }
    for (const { start, end } of capture(text, ENGLISH_POSTCODE)) yield { start, end, surrogate: ENGLISH_POSTCODE_SURROGATE }
    yield * towns(text, new Set(streets.map(({ end }) => end)))
    for (const { start, end, value } of capture(text, LONE_POSTCODE)) yield { start, end, surrogate: zeroDigits(value) }
  }
}

function germanStreets (text: string): Span[] {
  const before = (start: number) => text.slice(Math.max(0, start - REACH), start)
  const isAddressed = ({ start, end }: Span) => ADDRESS_WORD.test(before(start)) || /^\s?[,\n]\s{0,2}(?:(?:DE?|AT?|CH)[- ])?\d{4,5} \p{Lu}/u.test(text.slice(end, end + REACH)) ||
    (/(?:^|\n)\s*$/.test(before(start)) && /^\s*(?:\n|$)/.test(text.slice(end, end + REACH)))
  return [
    ...[...capture(text, PREPOSITION_STREET)].filter(isAddressed),
    ...capture(text, STREET),
    ...capture(text, STREET_LOWER),
    ...capture(text, WAY),
    ...[...capture(text, AMBIGUOUS_STREET)].filter(isAddressed)
  ]
}

function * towns (text: string, streetEnds: ReadonlySet<number>): Generator<Found> {
  for (const { start, end, value } of capture(text, POSTCODE)) {
    const [, country = '', code = '', town = ''] = /^((?:DE?|AT?|CH)[- ])?(\d+) (.*)$/u.exec(value) ?? []
    const before = text.slice(Math.max(0, start - REACH), start)
    const followsStreet = streetEnds.has(start - (/\s{0,3},?\s{0,3}$/.exec(before)?.[0].length ?? 0))
    const isPlace = country !== '' || followsStreet || (!isQuantity(code, town) && (code.length === 5 ? PLACE_WORD.test(before) : TOWNS_WITH_FOUR_DIGITS.has(town.split(' ')[0]!)))
    if (isPlace) yield { start, end, surrogate: `${country}${zeroDigits(code)} ${TOWN_SURROGATE}` }
  }
}
