import type { Evaluation } from '../evaluation.ts'
import { percent, readable } from './format.ts'
import { type Markup, html } from './html.ts'
import { drawing } from './plot.ts'
import { figuresOf, table } from './table.ts'

/** Beyond so many classes cells are small and have no numbers. */
const NUMBERED = 30
const NAMES = 140
const DARK = 0.5
const WORST_PAIRS = 10

/** What is taken for what. */
export function confusion ({ confusion }: Evaluation): Markup {
  const ids = [...new Set([...Object.keys(confusion), ...Object.values(confusion).flatMap(row => Object.keys(row))])].sort(outOfScopeLast)
  const total = (truth: string) => Object.values(confusion[truth] ?? {}).reduce((sum, count) => sum + count, 0)
  const pairs = Object.entries(confusion).flatMap(([truth, row]) => Object.entries(row).filter(([predicted]) => predicted !== truth).map(([predicted, count]) => ({ truth, predicted, count, share: count / total(truth) })))
    .sort((a, b) => b.count - a.count || b.share - a.share).slice(0, WORST_PAIRS)
  return html`<section id="confusion"><h2>Confusion</h2>
<p>The most probable class, out of scope included. Rows are the truth; the stronger a cell, the larger its share of the row.</p>
<div class="pair uneven"><figure class="scroll">${heatMap(ids, confusion, total)}
${figuresOf('Truth and prediction', ['Truth', ...ids.map(readable)], ids.map(truth => [readable(truth), ...ids.map(predicted => confusion[truth]?.[predicted] ?? 0)]))}</figure>
${table('Most frequent confusions', ['Truth, taken for', 'Items', 'Of the truth'], pairs.map(({ truth, predicted, count, share }) => [html`${readable(truth)} <span class="quiet">→ ${readable(predicted)}</span>`, count, percent(share)]))}</div></section>`
}

function heatMap (ids: readonly string[], confusion: Evaluation['confusion'], total: (truth: string) => number): Markup {
  const numbered = ids.length <= NUMBERED
  const cell = numbered ? 26 : 12
  const size = NAMES + ids.length * cell + 4
  const cells = ids.flatMap((truth, row) => ids.map((predicted, column) => {
    const count = confusion[truth]?.[predicted] ?? 0
    if (count === 0) return undefined
    const share = count / total(truth)
    const [x, y] = [NAMES + column * cell, NAMES + row * cell]
    const kind = truth === predicted ? 'right' : 'wrong'
    return html`<g><title>${readable(truth)} taken for ${readable(predicted)}: ${count} (${percent(share)})</title>
<rect class="${kind}" x="${x + 1}" y="${y + 1}" width="${cell - 2}" height="${cell - 2}" rx="3" fill-opacity="${(0.12 + 0.88 * share).toFixed(2)}"/>
${numbered ? html`<text class="${share > DARK ? 'count over' : 'count'}" x="${x + cell / 2}" y="${y + cell / 2 + 4}" text-anchor="middle">${count}</text>` : undefined}</g>
`
  }))
  return drawing({
    id: 'heat-map',
    title: 'Confusion matrix',
    description: `${ids.length} classes by ${ids.length}, truth by prediction; the figures are in the table below.`,
    width: size,
    height: size
  }, html`<g class="grid">${ids.map((_, index) => html`<line x1="${NAMES}" x2="${size - 4}" y1="${NAMES + (index + 1) * cell}" y2="${NAMES + (index + 1) * cell}"/>`)}</g>
<g class="ticks">${ids.map((id, index) => html`<text x="${NAMES - 8}" y="${NAMES + (index + 0.5) * cell + 4}" text-anchor="end">${readable(id)}</text>
<text transform="translate(${NAMES + (index + 0.5) * cell + 4} ${NAMES - 8}) rotate(-90)">${readable(id)}</text>
`)}</g>${cells}`)
}

function outOfScopeLast (a: string, b: string): number {
  return Number(a === 'out_of_scope') - Number(b === 'out_of_scope')
}
