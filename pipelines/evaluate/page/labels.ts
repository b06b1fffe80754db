import type { Evaluation } from '../evaluation.ts'
import { barChart } from './bars.ts'
import { decimal, percent, readable } from './format.ts'
import { type Markup, html } from './html.ts'
import { table } from './table.ts'

/** Precision, recall and F1 of each label, the weakest first. */
export function labels ({ perClass }: Evaluation): Markup {
  const ranked = Object.entries(perClass).sort(([, a], [, b]) => a.f1 - b.f1)
  return html`<section id="labels"><h2>Labels</h2>
<p>In scope, the most probable label against the truth; the weakest first.</p>
<div class="pair"><figure>
${barChart({
  id: 'per-label',
  title: 'F1, precision and recall by label',
  description: ranked.map(([id, { f1, precision, recall }]) => `${readable(id)}: F1 ${decimal(f1)}, precision ${decimal(precision)}, recall ${decimal(recall)}`).join('; ') + '.',
  bars: ranked.map(([id, { f1, precision, recall }]) =>
    ({ name: readable(id), value: f1, text: percent(f1), marks: [{ value: precision, shape: 'tick' }, { value: recall, shape: 'ring' }] }))
})}
<p class="note legend"><span class="key bar"></span> F1 <span class="key tick"></span> precision <span class="key ring"></span> recall</p>
</figure>
${table('Labels', ['Label', 'F1', 'Precision', 'Recall', 'Items'], ranked.map(([id, { f1, precision, recall, support }]) =>
  [readable(id), percent(f1), percent(precision), percent(recall), support]))}</div></section>`
}
