import { NAME_SURROGATES, readName } from './name-reader.ts'
import { isEnglish } from './name-words.ts'
import type { Detector, Span } from './pii.ts'
import { signatures } from './signature.ts'

/** Forms of address; "Fr." is Friday elsewhere than after the words named. */
const TITLE = /(?<!\p{L})(?:Herrn?|Frau|Familie|Fam\.|Hr\.|(?<=(?:geehrte|[Ll]iebe|an|von|bei|mit|Hallo) )Fr\.|Mr\.?|Mrs\.?|Ms\.?|Miss|Dr\.?|Prof\.?) (?:(?:Dr|Prof|Mag|Dipl)\.?(?:-Ing\.)? ){0,3}/gu
const INTRODUCTION = /(?<!\p{L})(?:mein name ist|mein name:|ich hei(?:ß|ss)e|name(?: der kundin| des kunden| für die abholung)?:|kontakt:|ansprechpartner(?:in)?:|(?:auf|unter)(?: den| dem)? namen|im namen von|kund(?:e|in):|besteller(?:in)?:|empfänger(?:in)?:|my name is|my name['’]s|the name is|contact:|under the name(?: of)?|in the name of|customer name:|attn:?|c\/o)\s{1,2}/giu
/** What may be followed by a name or by anything else. */
const GREETING = /(?<!\p{L})(?:ich bin(?: die| der)?|hier (?:ist|schreibt|spricht)|hallo|hi|hey|lieber?|moin|servus|grüezi|guten (?:tag|morgen|abend)|i am|i['’]m|this is|dear|hello)\s{1,2}/giu

/** Names that their surroundings give away: after forms of address, introductions and closings, and alone on a line. */
export const nameDetector: Detector = {
  kind: 'name',
  * find (text) {
    const surrogate = NAME_SURROGATES[isEnglish(text) ? 'en' : 'de']
    for (const name of names(text)) yield { ...name, surrogate }
  }
}

function * names (text: string): Generator<Span> {
  yield * namesAfter(text, TITLE)
  yield * namesAfter(text, INTRODUCTION)
  yield * namesAfter(text, GREETING, true)
  yield * signatures(text)
}

function * namesAfter (text: string, pattern: RegExp, needsFirstName = false): Generator<Span> {
  for (const match of text.matchAll(pattern)) {
    const name = readName(text, match.index + match[0].length, { needsFirstName })
    if (name) yield name
  }
}
