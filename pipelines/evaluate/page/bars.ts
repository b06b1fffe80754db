import { type Markup, html } from './html.ts'
import { drawing, round } from './plot.ts'

export interface Bar {
  readonly name: string
  /** From 0 to 1. */
  readonly value: number
  /** Written after the bar. */
  readonly text: string
  /** Other shares, drawn as marks over the bar. */
  readonly marks?: ReadonlyArray<{ readonly value: number, readonly shape: 'tick' | 'ring' }>
  /** Drawn apart from the others. */
  readonly own?: boolean
}

export interface BarsOptions {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly bars: readonly Bar[]
  /** Share at which a line is drawn through all. */
  readonly line?: number
}

const WIDTH = 480
const NAMES = 150
const TEXTS = 96
const ROW = 24
const BAR = 12

/** Horizontal bars for shares from 0 to 1. */
export function barChart ({ bars, line, ...options }: BarsOptions): Markup {
  const x = (value: number) => round(NAMES + value * (WIDTH - NAMES - TEXTS))
  const height = bars.length * ROW + 4
  return drawing({ ...options, width: WIDTH, height }, html`${bars.map(({ name, value, text, marks = [], own }, index) => {
    const middle = index * ROW + ROW / 2 + 2
    return html`<g><text x="${NAMES - 8}" y="${middle + 4}" text-anchor="end">${name}</text>
<rect class="track" x="${x(0)}" width="${x(1) - x(0)}" y="${middle - BAR / 2}" height="${BAR}" rx="3"/>
<rect class="${own ? 'bar own' : 'bar'}" x="${x(0)}" width="${round(x(value) - x(0))}" y="${middle - BAR / 2}" height="${BAR}" rx="3"/>
${marks.map(mark => mark.shape === 'ring'
  ? html`<circle class="mark" cx="${x(mark.value)}" cy="${middle}" r="4"/>`
  : html`<line class="mark" x1="${x(mark.value)}" x2="${x(mark.value)}" y1="${middle - 8}" y2="${middle + 8}"/>`)}
<text class="value" x="${x(1) + 10}" y="${middle + 4}">${text}</text></g>
`
  })}
${line === undefined ? undefined : html`<line class="ideal" x1="${x(line)}" x2="${x(line)}" y1="0" y2="${height}"/>`}`)
}
