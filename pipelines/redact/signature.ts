import { isFirstName, readName } from './name-reader.ts'
import type { Span } from './pii.ts'

const CLOSING = /(?<!\p{L})(?:gru(?:ß|ss)|gr(?:ü|ue)(?:ß|ss)(?:e|en|t)|segenswünschen?|mfg|hochachtungsvoll|herzlichst|regards|wishes|sincerely|faithfully|truly|respectfully|yours)(?!\p{L})/giu
/** These stand elsewhere too: unless they begin a line, a name after them must be a known one. */
const WEAK_CLOSING = /(?<!\p{L})(?:lg|vg|dank|danke|thanks|thank you|cheers|best|love|herzlich|warmly|vergelts gott|bis dann|kuss|bussi|ciao|tschüss|pfiat (?:euch|eich|di))(?!\p{L})/giu
/** What may stand between a closing and the end of its line: " aus Graz", " im Voraus,". */
const LONGEST_REST = 40
const GAP = /^(?: vorab| im voraus| schon mal| a lot| in advance)?[ ,!.:–-]{1,4}/iu
const NAME_PREFIX = /^[\s>|*–-]{0,6}(?:(?:i\. ?[AVR]\.|Ihre?|Eure?|[Dd]eine?|Your|The|Dr|Prof|RA|\p{Lu}\p{Ll}{1,4}\.(?:-Ing\.)?|gez\.|\([A-Z]{2,4}\)|Herr|Frau|Mr|Mrs|Ms|Familie) ){0,4}/u
const AFTER_NAME = /^\s{0,3}(?:$|[.,!(|;–-]|(?:mit|aus|vom|von|from) )/u
const END_OF_LINE = /^\s{0,2}[.!)]{0,2}\s{0,2}$/
const END_OR_COMMENT = /^\s{0,2}(?:[.!,(]|$)/

interface Line extends Span { readonly text: string }

/** Names in signatures: after a closing on its line or the next, and alone on a line. */
export function * signatures (text: string): Generator<Span> {
  const lines = linesOf(text)
  for (const [index, line] of lines.entries()) {
    const inline = nameAfterClosing(text, line, index > 0)
    if (inline) yield inline
    else if (isClosing(line)) yield * nameOfLine(text, lines[index + 1])
    else if (lines.length > 1) yield * fullNameAlone(text, line)
  }
}

/** "Gruß, Jens Petrowski", "Thanks, Rosalind" */
function nameAfterClosing (text: string, line: Line, isLaterLine: boolean): Span | undefined {
  for (const pattern of [CLOSING, WEAK_CLOSING]) {
    const closing = [...line.text.matchAll(pattern)].at(-1)
    if (!closing) continue
    const beginsLine = isLaterLine && closing.index === 0
    const position = line.start + closing.index + closing[0].length
    const gap = GAP.exec(text.slice(position, position + LONGEST_REST))?.[0].length
    if (gap === undefined) continue
    const start = afterPrefix(text, position + gap)
    const name = readName(text, start, { needsFirstName: (pattern === WEAK_CLOSING && !beginsLine) || /^\p{Ll}/u.test(text.slice(start, start + 1)), whole: true })
    const rest = name && text.slice(name.end, line.end)
    if (rest !== undefined && (END_OF_LINE.test(rest) || (beginsLine && END_OR_COMMENT.test(rest)))) return name
  }
  return undefined
}

function isClosing ({ text }: Line): boolean {
  return [CLOSING, WEAK_CLOSING].some(pattern => {
    const closing = [...text.matchAll(pattern)].at(-1)
    return closing !== undefined && text.length - closing.index - closing[0].length <= LONGEST_REST
  })
}

/** "Jule Wannemaker, Kita Löwenzahn", "Hausverwaltung Lindhof, i. A. Kremser" */
function * nameOfLine (text: string, line: Line | undefined): Generator<Span> {
  if (!line) return
  const start = afterPrefix(text, line.start)
  const afterFirstWord = start + (/^\p{Lu}[\p{L}-]{2,30} (?=\p{Lu})/u.exec(text.slice(start, line.end))?.[0].length ?? 0)
  const name = readName(text, start, { whole: true }) ?? readName(text, afterFirstWord, { whole: true })
  if (name && AFTER_NAME.test(text.slice(name.end, line.end))) yield name
  for (const comma of line.text.matchAll(/, (?:(?<role>(?:i\. ?[AV]\.|\p{Lu}\p{L}{2,20}) ))?/gu)) {
    const onlyFirstNames = !comma.groups!['role']?.startsWith('i')
    for (const position of [line.start + comma.index + 2, line.start + comma.index + comma[0].length]) {
      const person = readName(text, position, { whole: true, needsFirstName: onlyFirstNames })
      if (person) { yield person; break }
    }
  }
}

/** "Bernd Kossack, Cottbus": no closing says that a name comes, so the first name must be a known one. */
function * fullNameAlone (text: string, line: Line): Generator<Span> {
  const name = readName(text, afterPrefix(text, line.start), { whole: true, needsFirstName: true })
  if (!name || !/^\s*(?:,|$)/.test(text.slice(name.end, line.end))) return
  const [first = '', ...rest] = text.slice(name.start, name.end).split(' ')
  if (rest.length > 0 && isFirstName(first) && /^\p{Lu}/u.test(first)) yield name
}

function afterPrefix (text: string, position: number): number {
  return position + (NAME_PREFIX.exec(text.slice(position, position + LONGEST_REST))?.[0].length ?? 0)
}

function linesOf (text: string): Line[] {
  const lines: Line[] = []
  let start = 0
  for (const line of text.split('\n')) {
    if (line.trim()) lines.push({ text: line, start, end: start + line.length })
    start += line.length + 1
  }
  return lines
}
