import type { Evaluation } from '../evaluation.ts'
import { barChart } from './bars.ts'
import { percent, readable } from './format.ts'
import { type Markup, html } from './html.ts'
import { table } from './table.ts'

const KINDS = {
  invariance: ['Invariance', 'The most probable class stays when the text is only written otherwise.'],
  direction: ['Direction', 'A change moves the answer where the taxonomy\'s rule says: the service intent wins over the product intent.'],
  minimum: ['Minimum functionality', 'Plain sentences that leave no doubt.']
} as const

/** Behavioural tests, by kind; failures by id and labels. */
export function behaviour ({ behaviour }: Evaluation): Markup {
  const kinds = (['invariance', 'direction', 'minimum'] as const).filter(kind => behaviour.some(test => test.kind === kind))
  return html`<section id="behaviour"><h2>Behaviour</h2>
<div class="columns">${kinds.map(kind => {
  const [title, meaning] = KINDS[kind]
  const tests = behaviour.filter(test => test.kind === kind)
  const shares = tests.map(({ name, passed, cases }) => ({ name, value: passed / cases, text: `${passed} of ${cases}` }))
  return html`<figure><figcaption>${title}</figcaption><p class="note">${meaning}</p>
${barChart({ id: `behaviour-${kind}`, title: `${title}: share passed`, description: shares.map(({ name, text }) => `${name}: ${text}`).join('; ') + '.', bars: shares })}
<details><summary>Figures and failures as tables</summary>${table(`${title} tests`, ['Test', 'Cases', 'Passed', 'Share'], tests.map(({ name, cases, passed }) => [name, cases, passed, percent(passed / cases)]))}
${tests.filter(({ failures }) => failures.length).map(({ name, failures }) => table(`Failures of “${name}”${failures.length === 20 ? ', the first 20' : ''}`, ['Row', kind === 'minimum' ? 'Truth' : 'Before', 'Answer'], failures.map(({ id, before, after }) => [id, readable(before), readable(after)])))}</details></figure>`
})}</div></section>`
}
