import type { Decision } from '../../adapter/client/index.ts'
import { reasonOf, type Totals } from './tally.ts'

/** Makes text stand out, or leaves it as it is. */
export type Paint = (style: keyof typeof STYLES, text: string) => string

const STYLES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const

export function createPaint (enabled: boolean): Paint {
  return (style, text) => {
    const [on, off] = STYLES[style]
    return enabled ? `\u001b[${on}m${text}\u001b[${off}m` : text
  }
}

export interface DecisionLine {
  readonly decision: Decision
  /** When it arrived. */
  readonly at: Date
  /** From sending to its arrival. */
  readonly milliseconds: number
  /** Names of the categories by id. */
  readonly names: ReadonlyMap<string, string>
  readonly text: string
}

const OUTCOME_WIDTH = 33

/** One line: time, decision time, decision, category or reason, confidence, and as much of the text as there is room. */
export function formatDecision ({ decision, at, milliseconds, names, text }: DecisionLine, { columns, paint }: { columns: number, paint: Paint }): string {
  const isClassified = decision.decision === 'classified'
  const category = decision.category ?? ''
  const outcome = isClassified ? names.get(category) ?? category : reasonOf(decision)
  const color = isClassified ? 'green' : decision.source === 'client' || decision.model === null ? 'red' : 'yellow'
  const left = [
    at.toTimeString().slice(0, 8),
    `${Math.round(milliseconds)} ms`.padStart(8),
    paint(color, decision.decision.padEnd(10)),
    fit(outcome, OUTCOME_WIDTH),
    (decision.confidence?.toFixed(2) ?? '').padStart(4)
  ]
  const used = 8 + 8 + 10 + OUTCOME_WIDTH + 4 + 2 * left.length
  return `${left.join('  ')}  ${paint('dim', shorten(text, columns - used))}`
}

/** What happened so far, in one line; its end is the first to go where there is no room. */
export function formatTotals ({ sent, classified, manual, reasons, p50, p99, perSecond }: Totals): string {
  const waiting = sent - classified - manual
  return [
    `sent ${sent}`,
    `classified ${classified}`,
    `manual ${manual}`,
    ...(waiting > 0 ? [`waiting ${waiting}`] : []),
    ...(p50 === undefined ? [] : [`p50 ${Math.round(p50)} ms`, `p99 ${Math.round(p99 ?? p50)} ms`]),
    `${perSecond.toFixed(1)}/s`,
    ...(reasons.length > 0 ? [`manual: ${reasons.map(([reason, count]) => `${count} ${reason}`).join(', ')}`] : [])
  ].join(' · ')
}

function fit (text: string, width: number): string {
  const short = shorten(text, width)
  return short + ' '.repeat(width - widthOf(short))
}

const SEGMENTER = new Intl.Segmenter()

/** Makes one line of a text that takes at most so many columns; nothing in it can steer the terminal. */
export function shorten (text: string, columns: number): string {
  const line = text.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim()
  if (widthOf(line) <= columns) return line
  let short = ''
  let width = 1 // of the ellipsis
  for (const { segment } of SEGMENTER.segment(line)) {
    width += widthOf(segment)
    if (width > columns) break
    short += segment
  }
  return columns > 0 ? `${short.trimEnd()}…` : ''
}

/** Columns that a text without control characters takes on a terminal. */
export function widthOf (text: string): number {
  return [...SEGMENTER.segment(text)].reduce((sum, { segment }) => sum + (WIDE.test(segment) ? 2 : 1), 0)
}

const WIDE = /\p{Emoji_Presentation}|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u
