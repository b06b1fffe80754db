import type { Evaluation } from '../evaluation.ts'
import { barChart } from './bars.ts'
import { decimal, percent, readable } from './format.ts'
import { type Markup, html } from './html.ts'
import { figuresOf } from './table.ts'

/** The figures of parts of the items. */
export function slices ({ slices, overall }: Evaluation): Markup {
  return html`<section id="slices"><h2>Slices</h2>
<p>Accuracy in scope of parts of the items; the dashed line is that of all. Noise: a sample of the same items, with slips of the finger put into no, some and many of the longer words.</p>
<div class="columns">${Object.entries(slices).map(([dimension, parts]) => {
  const entries = Object.entries(parts)
  return html`<figure><figcaption>${readable(dimension)}</figcaption>
${barChart({
  id: `slice-${dimension}`,
  title: `Accuracy by ${dimension}`,
  description: entries.map(([value, { accuracy, items }]) => `${readable(value)}: ${percent(accuracy)} of ${items}`).join('; ') + '.',
  bars: entries.map(([value, { accuracy, items }]) => ({ name: readable(value), value: accuracy, text: `${percent(accuracy)} of ${items}` })),
  line: overall.accuracy
})}
${figuresOf(`Slices by ${dimension}`, ['Slice', 'Items', 'Accuracy', 'Macro-F1', 'Calibration error', 'Brier', 'Sent to a person', 'Answered rightly'], entries.map(([value, quality]) =>
  [readable(value), quality.items, percent(quality.accuracy), percent(quality.macroF1), percent(quality.expectedCalibrationError), decimal(quality.brier), percent(quality.lost), percent(quality.answeredAccuracy)]))}</figure>`
})}</div></section>`
}
