import { isFirstName, readName } from './name-reader.ts'
import type { Span } from './pii.ts'

/** After these a name may follow on the same line. */
const CLOSING = /(?<!\p{L})(?:gr(?:ü|ue|u)(?:ß|ss)(?:e|en|t)?|mfg|hochachtungsvoll|herzlichst|regards|wishes|sincerely|faithfully|truly|respectfully|yours)(?!\p{L})/giu
/** These stand elsewhere too, so that a name after them on the same line must be a known one. */
const WEAK_CLOSING = /(?<!\p{L})(?:lg|vg|dank|danke|thanks|thank you|cheers|best|love|herzlich|warmly|vergelts gott|bis dann|kuss)(?!\p{L})/giu
/** What may stand between a closing and the end of its line: " aus Graz", " im Voraus,". */
const LONGEST_REST = 40
const NAME_PREFIX = /^[\s>|*–-]{0,6}(?:(?:i\. ?[AV]\.|gez\.|Ihre?|Eure?|Your|Dr\.?|Prof\.?|Mag\.|Dipl\.-Ing\.|Ing\.|Herr|Frau|Mr\.?|Mrs\.?|Ms\.?|Familie|Fam\.) ){0,3}/u
const AFTER_NAME = /^\s{0,3}(?:$|[.,!(|;–-]|(?:mit|aus|vom|von|from) )/u
const END_OF_LINE = /^[\s.!,)]{0,3}$/

interface Line extends Span { readonly text: string }

/** Names in signatures: after a closing on its line or the next, and alone on a line. */
export function * signatures (text: string): Generator<Span> {
  const lines = linesOf(text)
  for (const [index, line] of lines.entries()) {
    const inline = nameInLine(text, line)
    if (inline) { yield inline; continue }
    if (isClosing(line)) {
      const next = lines[index + 1]
      if (next) yield * nameOfLine(text, next, false)
    } else if (lines.length > 1) {
      yield * nameOfLine(text, line, true)
    }
  }
}

/** "Gruß, Jens Petrowski", "Thanks, Rosalind" */
function nameInLine (text: string, line: Line): Span | undefined {
  for (const [pattern, needsFirstName] of [[CLOSING, false], [WEAK_CLOSING, true]] as const) {
    const closing = [...line.text.matchAll(pattern)].at(-1)
    if (!closing) continue
    const position = line.start + closing.index + closing[0].length
    const gap = /^[ ,!.:–-]{1,4}/.exec(text.slice(position, position + 4))?.[0].length
    if (gap === undefined) continue
    const start = position + gap + (NAME_PREFIX.exec(text.slice(position + gap, position + gap + LONGEST_REST))?.[0].length ?? 0)
    const name = readName(text, start, { needsFirstName, whole: true })
    if (name && END_OF_LINE.test(text.slice(name.end, line.end))) return name
  }
  return undefined
}

function isClosing ({ text }: Line): boolean {
  return [CLOSING, WEAK_CLOSING].some(pattern => {
    const closing = [...text.matchAll(pattern)].at(-1)
    return closing !== undefined && text.length - closing.index - closing[0].length <= LONGEST_REST
  })
}

/**
 * "Jule Wannemaker, Kita Löwenzahn", "Hausverwaltung Lindhof, i. A. Kremser"
 * @param alone no closing says that a name comes: it must be the whole line and start with a first name
 */
function * nameOfLine (text: string, line: Line, alone: boolean): Generator<Span> {
  let position = line.start
  for (const part of line.text.split(/(?<=,)/)) {
    const start = position + (NAME_PREFIX.exec(part)?.[0].length ?? 0)
    position += part.length
    const name = readName(text, start, { whole: true, needsFirstName: alone })
    if (!name || !AFTER_NAME.test(text.slice(name.end, line.end))) continue
    if (alone && !(isFullName(text.slice(name.start, name.end)) && /^\s*(?:,|$)/.test(text.slice(name.end, line.end)))) return
    yield name
    return
  }
}

function isFullName (name: string): boolean {
  const [first = '', ...rest] = name.split(' ')
  return rest.length > 0 && isFirstName(first) && name === name.replace(/(?<=^|\s)\p{Ll}(?=\p{L}* \p{Ll})/u, '')
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
