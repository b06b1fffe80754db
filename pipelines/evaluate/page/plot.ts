import { type Markup, type Part, html } from './html.ts'

export interface PlotOptions {
  /** Unique on the page. */
  readonly id: string
  readonly title: string
  /** What the plot shows, for those who do not see it. */
  readonly description: string
  readonly xTitle: string
  readonly yTitle: string
  /** Values of the lower and the upper end; from 0 to 1 unless said otherwise. */
  readonly yRange?: readonly [number, number]
  readonly xTicks: readonly number[]
  readonly yTicks: readonly number[]
  readonly yFormat: (value: number) => string
}

export interface Scales {
  /** From a share, 0 to 1, to the position in the drawing. */
  x(value: number): number
  y(value: number): number
}

const WIDTH = 480
const HEIGHT = 320
const [LEFT, TOP, RIGHT, BOTTOM] = [56, 12, 12, 46]

/** A plot over shares from 0 to 1, with axes and grid; `draw` gives what lies inside. */
export function plot (options: PlotOptions, draw: (scales: Scales) => Part): Markup {
  const [low, high] = options.yRange ?? [0, 1]
  const x = (value: number) => round(LEFT + value * (WIDTH - LEFT - RIGHT))
  const y = (value: number) => round(HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM))
  return drawing({ ...options, width: WIDTH, height: HEIGHT }, html`<g class="grid">${options.yTicks.map(tick => html`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/>`)}</g>
<g class="ticks">${options.yTicks.map(tick => html`<text x="${LEFT - 8}" y="${y(tick) + 4}" text-anchor="end">${options.yFormat(tick)}</text>`)}
${options.xTicks.map(tick => html`<text x="${x(tick)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${Math.round(100 * tick)}%</text>`)}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${options.xTitle}</text>
<text transform="translate(13 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${options.yTitle}</text></g>
${draw({ x, y })}
<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(low)}" y2="${y(low)}"/>`)
}

export interface DrawingOptions extends Pick<PlotOptions, 'id' | 'title' | 'description'> {
  readonly width: number
  readonly height: number
}

/** An SVG drawing that tells its title and description. */
export function drawing ({ id, title, description, width, height }: DrawingOptions, content: Part): Markup {
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-description">
<title id="${id}-title">${title}</title><desc id="${id}-description">${description}</desc>
${content}</svg>`
}

/** Points joined by a line. */
export function path (points: ReadonlyArray<readonly [number, number]>): string {
  return points.map(([x, y], index) => `${index ? 'L' : 'M'}${x} ${y}`).join('')
}

export function round (value: number): number {
  return Math.round(value * 100) / 100
}
