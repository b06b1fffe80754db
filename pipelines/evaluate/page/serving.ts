import type { Evaluation } from '../evaluation.ts'
import { barChart } from './bars.ts'
import { decimal, megabytes, milliseconds, percent } from './format.ts'
import { type Markup, html } from './html.ts'
import { table } from './table.ts'

const BASELINE_NAMES: Readonly<Record<string, string>> = { majority: 'most frequent label', keywords: 'keywords', tfidf: 'TF-IDF + linear' }

/** What simple ways reach. */
export function baselines ({ overall, baselines, model }: Evaluation): Markup {
  const rows = [[`${model.name}`, overall], ...Object.entries(baselines).reverse().map(([id, scores]) => [BASELINE_NAMES[id] ?? id, scores] as const)] as const
  return html`<section id="baselines"><h2>Against simple ways</h2>
<p>Trained on the same training split, measured on the same items in scope: a model that is not clearly better is not worth its milliseconds.</p>
<div class="pair"><figure>${barChart({
  id: 'baseline-accuracy',
  title: 'Accuracy of the model and of baselines',
  description: rows.map(([name, { accuracy }]) => `${name}: ${percent(accuracy)}`).join('; ') + '.',
  bars: rows.map(([name, { accuracy }], index) => ({ name, value: accuracy, text: percent(accuracy), own: index === 0 }))
})}</figure>
${table('Model and baselines', ['Way', 'Accuracy', 'Macro-F1'], rows.map(([name, { accuracy, macroF1 }]) => [name, percent(accuracy), percent(macroF1)]))}</div></section>`
}

/** Latency, size, and whether the service and int8 answer alike. */
export function serving ({ latency, sizeBytes, parity, quantization }: Evaluation): Markup {
  return html`<section id="serving"><h2>In service</h2>
${table('Latency, size and agreement', ['Figure', 'Value', 'On'], [
  ['Latency, median', milliseconds(latency.p50Ms), `${latency.items} inquiries of ${decimal(latency.meanTokens, 0)} tokens, one thread`],
  ['Latency, 95th percentile', milliseconds(latency.p95Ms), 'tokenizing to decision'],
  ['Size', megabytes(sizeBytes), 'the files that answer'],
  ['Same decision in the service as here', percent(parity.sameDecision), `${parity.items} inquiries`],
  ['Largest difference in confidence to the service', parity.largestDifference ? parity.largestDifference.toExponential(0) : 'below 0.000001', `${parity.items} inquiries`],
  ['Same class in int8 as in floating point', percent(quantization?.sameLabel ?? null), quantization ? `${quantization.items} inquiries` : 'no float encoder was given'],
  ['Cosine of the two, mean and least', quantization ? `${decimal(quantization.meanCosine, 4)}, ${decimal(quantization.minCosine, 4)}` : '–', quantization ? `${quantization.items} inquiries` : 'no float encoder was given']
])}</section>`
}
