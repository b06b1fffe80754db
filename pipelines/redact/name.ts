import { NAME_SURROGATES, readName } from './name-reader.ts'
import { isEnglish } from './name-words.ts'
import { type Detector, type Span, capture } from './pii.ts'
import { signatures } from './signature.ts'

/** Forms of address; "Fr." is Friday elsewhere than after the words named. */
const TITLE = /(?<!\p{L})(?:Herrn?|Frau|Familie|Fam\.|Hr\.|(?<=(?:geehrte|[Ll]iebe|an|von|bei|mit|Hallo) )Fr\.|Mr\.?|Mrs\.?|Ms\.?|Miss|Dr\.?|Prof\.?) (?:(?:(?:Dr|Prof|Mag|Dipl)\.?(?:-Ing\.)?|Doktor|Professor|Pfarrer|Notar|\p{L}{3,20}meister) ){0,3}/gu
const INTRODUCTION = /(?<!\p{L})(?:mein name ist?|mein name:|ich hei(?:ß|ss)e(?: jetzt| nun)?|(?<![-\p{L}] ?)name(?: der kundin| des kunden| für die abholung)?:?|kontakt:|ansprechpartner(?:in)?(?: vor ort)?:|(?:auf|unter)(?: den| dem)? namen|im namen von|kund(?:e|in):|besteller(?:in)?:|empfänger(?:in)?:|geb\.|geborene|formerly|née|my name is|my name['’]s|the name is|contact:|under the name(?: of)?|in the name of|customer name:|attn:?|c\/o)\s{1,2}/giu
/** What may be followed by a name or by anything else. */
const GREETING = /(?<!\p{L})(?:ich bin(?: die| der)?|hier (?:ist|schreibt|spricht)|hallo|hi|hey|lieber?|moin|servus|grüezi|guten (?:tag|morgen|abend)|i am|i['’]m|this is|dear|hello)\s{1,2}/giu
/** After these a first and a last name are one: "auf Franz Huber zurücklegen", "Tochter: Ines Kolbe". */
const BEFORE_FULL_NAME = /(?<!\p{L})(?:auf|an|für|von|bei|durch|nun|jetzt|tochter|sohn|kolleg(?:e|in)|nachbar(?:in)?|to|for|from|by|with|contact|colleague|neighbour|son|daughter):? (?=\p{Lu}\p{L}+ \p{Lu}\p{L})/gu
/** "Schultheiß ist mein Name", "Brandt is my name" */
const TRAILING = /(?<![\p{L}\p{N}])(?<pii>(?:\p{Lu}[\p{L}'’-]{1,30} ){0,2}\p{Lu}[\p{L}'’-]{1,30})(?= (?:ist mein Name|is my name|is the name))/dgu

/** Names that their surroundings give away: after forms of address, introductions and closings, and alone on a line. */
export const nameDetector: Detector = {
  kind: 'name',
  * find (text) {
    const english = isEnglish(text)
    const surrogate = NAME_SURROGATES[english ? 'en' : 'de']
    for (const { start, end } of names(text, english)) yield { start, end, surrogate }
  }
}

function * names (text: string, english: boolean): Generator<Span> {
  yield * signatures(text)
  yield * namesAfter(text, TITLE, { whole: english })
  yield * namesAfter(text, INTRODUCTION, { whole: true, lowerCase: true })
  yield * namesAfter(text, GREETING, { needsFirstName: true })
  yield * capture(text, TRAILING)
  for (const name of namesAfter(text, BEFORE_FULL_NAME, { needsFirstName: true })) {
    if (text.slice(name.start, name.end).includes(' ')) yield name
  }
}

function * namesAfter (text: string, pattern: RegExp, options: Parameters<typeof readName>[2]): Generator<Span> {
  for (const match of text.matchAll(pattern)) {
    const name = readName(text, match.index + match[0].length, options)
    if (name) yield name
  }
}
