import type { Evaluation } from '../evaluation.ts'
import { decimal, percent } from './format.ts'
import { type Markup, html } from './html.ts'
import { path, plot } from './plot.ts'
import { figuresOf } from './table.ts'

const QUARTERS = [0, 0.25, 0.5, 0.75, 1]
const HISTOGRAM_BINS = 20

/** Is the confidence what it says, and how is it spread? */
export function calibration (evaluation: Evaluation): Markup {
  const { overall } = evaluation
  return html`<section id="calibration"><h2>Calibration</h2>
<p>Of all answers with a confidence of 90 %, nine in ten should be right. On average confidence and accuracy are ${percent(overall.expectedCalibrationError)} apart
(expected calibration error, 15 bins); the Brier score is ${decimal(overall.brier)}.</p>
<div class="pair">${reliabilityCurve(evaluation)}${confidenceHistogram(evaluation)}</div></section>`
}

function reliabilityCurve ({ reliability }: Evaluation): Markup {
  const most = Math.max(...reliability.map(({ items }) => items))
  return html`<figure><figcaption>Reliability</figcaption>
${plot({
  id: 'reliability',
  title: 'Reliability curve',
  description: `Accuracy by confidence in ${reliability.length} bins, in scope. ${reliability.map(bin => `Confidence ${percent(bin.confidence)}: accuracy ${percent(bin.accuracy)} of ${bin.items}`).join('; ')}.`,
  xTitle: 'confidence',
  yTitle: 'accuracy',
  xTicks: QUARTERS,
  yTicks: QUARTERS,
  yFormat: value => `${100 * value}%`
}, ({ x, y }) => html`<line class="ideal" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>
<g class="gaps">${reliability.map(bin => html`<line x1="${x(bin.confidence)}" x2="${x(bin.confidence)}" y1="${y(bin.confidence)}" y2="${y(bin.accuracy)}"/>`)}</g>
<path class="curve" d="${path(reliability.map(bin => [x(bin.confidence), y(bin.accuracy)]))}"/>
${reliability.map(bin => html`<circle class="point" cx="${x(bin.confidence)}" cy="${y(bin.accuracy)}" r="${(3 + 7 * Math.sqrt(bin.items / most)).toFixed(1)}"><title>${bin.items} items: confidence ${percent(bin.confidence)}, accuracy ${percent(bin.accuracy)}</title></circle>`)}`)}
<p class="note">The dashed line is perfect calibration; the larger a point, the more items.</p>
${figuresOf('Reliability by bin of confidence', ['Bin', 'Items', 'Mean confidence', 'Accuracy'], reliability.map(bin =>
  [`${percent(bin.from)} to ${percent(bin.to)}`, bin.items, percent(bin.confidence), percent(bin.accuracy)]))}</figure>`
}

function confidenceHistogram ({ predictions }: Evaluation): Markup {
  const bins = Array.from({ length: HISTOGRAM_BINS }, (_, index) => {
    const items = predictions.filter(({ confidence }) => Math.min(HISTOGRAM_BINS - 1, Math.floor(confidence * HISTOGRAM_BINS)) === index)
    const right = items.filter(({ truth, predicted }) => truth === predicted).length
    return { from: index / HISTOGRAM_BINS, to: (index + 1) / HISTOGRAM_BINS, right, wrong: items.length - right }
  })
  const highest = Math.max(...bins.map(({ right, wrong }) => right + wrong))
  const step = niceStep(highest)
  return html`<figure><figcaption>Confidence</figcaption>
${plot({
  id: 'confidence',
  title: 'Histogram of confidence',
  description: `How many items have which confidence of their most probable class, out of scope included, right and wrong ones. ${bins.filter(({ right, wrong }) => right + wrong).map(bin => `${percent(bin.from)} to ${percent(bin.to)}: ${bin.right} right, ${bin.wrong} wrong`).join('; ')}.`,
  xTitle: 'confidence',
  yTitle: 'items',
  yRange: [0, Math.ceil(highest / step) * step],
  xTicks: QUARTERS,
  yTicks: Array.from({ length: Math.ceil(highest / step) + 1 }, (_, index) => index * step),
  yFormat: String
}, ({ x, y }) => bins.map(({ from, to, right, wrong }) => {
  const [left, width] = [x(from) + 1, x(to) - x(from) - 2]
  return html`<g><title>${percent(from)} to ${percent(to)}: ${right} right, ${wrong} wrong</title>
<rect class="right" x="${left.toFixed(2)}" width="${width.toFixed(2)}" y="${y(right)}" height="${(y(0) - y(right)).toFixed(2)}"/>
<rect class="wrong" x="${left.toFixed(2)}" width="${width.toFixed(2)}" y="${y(right + wrong)}" height="${(y(right) - y(right + wrong)).toFixed(2)}"/></g>`
}))}
<p class="note legend"><span class="key right"></span> right <span class="key wrong"></span> wrong, on top</p>
${figuresOf('Items by confidence', ['Confidence', 'Right', 'Wrong'], bins.map(bin => [`${percent(bin.from)} to ${percent(bin.to)}`, bin.right, bin.wrong]))}</figure>`
}

/** 1, 2 or 5 times a power of ten, so that about four ticks are needed. */
function niceStep (highest: number): number {
  const rough = Math.max(1, highest / 4)
  const power = 10 ** Math.floor(Math.log10(rough))
  return [1, 2, 5, 10].map(factor => factor * power).find(step => step >= rough)!
}
