import type { Evaluation } from '../evaluation.ts'
import { decimal, percent } from './format.ts'
import { type Markup, html } from './html.ts'
import { path, plot } from './plot.ts'
import { figuresOf, table } from './table.ts'

const TICK_STEPS = [0.01, 0.02, 0.05, 0.1, 0.2]
const MOST_TICKS = 5

/** What is answered and what a person reads: coverage, and what fits no label. */
export function selection (evaluation: Evaluation): Markup {
  const { overall, outOfScope } = evaluation
  return html`<section id="selection"><h2>Answered or read by a person</h2>
<p>With its thresholds the model answers ${percent(1 - overall.lost)} of the inquiries in scope, ${percent(overall.answeredAccuracy)} of them rightly.</p>
<div class="pair">${coverage(evaluation)}
<figure>
${table('Out of scope: how well inquiries that fit no label are found', ['Figure', 'Value'], [
  ['Inquiries out of scope', outOfScope.items],
  ['Sent to a person', percent(outOfScope.caught)],
  ['Area under the ROC curve', decimal(outOfScope.auroc)],
  ['Area under the precision-recall curve', decimal(outOfScope.aupr)],
  ['In scope and flagged, where 95 % of the others are', percent(outOfScope.falsePositiveRateAt95)]
])}
<p class="note">${outOfScope.items ? 'The last three rest on the probability of the class alone, whatever the threshold.' : 'The split has none.'}</p></figure></div></section>`
}

function coverage ({ coverage, overall }: Evaluation): Markup {
  const lowest = Math.min(...coverage.map(({ accuracy }) => accuracy), overall.answeredAccuracy ?? 1)
  const step = TICK_STEPS.find(size => (1 - lowest) / size <= MOST_TICKS) ?? 0.25
  const count = Math.max(1, Math.min(Math.round(1 / step), Math.ceil((1 - lowest) / step)))
  const low = 1 - count * step
  const ticks = Array.from({ length: count + 1 }, (_, index) => low + index * step)
  return html`<figure><figcaption>Coverage and accuracy</figcaption>
${plot({
  id: 'coverage',
  title: 'Coverage–accuracy curve',
  description: `Accuracy of the most certain part of the items in scope. ${coverage.map(point => `${percent(point.coverage)}: ${percent(point.accuracy)}`).join('; ')}.`,
  xTitle: 'answered: the most certain part',
  yTitle: 'accuracy of these',
  yRange: [low, 1],
  xTicks: [0, 0.25, 0.5, 0.75, 1],
  yTicks: ticks,
  yFormat: value => `${Math.round(100 * value)}%`
}, ({ x, y }) => html`<path class="area" d="${path([[x(coverage[0]!.coverage), y(low)], ...coverage.map(point => [x(point.coverage), y(point.accuracy)] as const), [x(1), y(low)]])}Z"/>
<path class="curve" d="${path(coverage.map(point => [x(point.coverage), y(point.accuracy)]))}"/>
${overall.answeredAccuracy === null ? undefined : html`<circle class="point chosen" cx="${x(1 - overall.lost)}" cy="${y(overall.answeredAccuracy)}" r="6"><title>With the thresholds: ${percent(1 - overall.lost)} answered, ${percent(overall.answeredAccuracy)} rightly</title></circle>`}`)}
<p class="note legend"><span class="key chosen"></span> with the model's thresholds, which hold back what looks out of scope as well</p>
${figuresOf('Accuracy of the most certain part', ['Answered', 'Accuracy', 'Least confidence'], coverage.map(point => [percent(point.coverage), percent(point.accuracy), decimal(point.threshold)]))}</figure>`
}
