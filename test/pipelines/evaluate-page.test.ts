import t from 'tap'
import type { Evaluation } from '../../pipelines/evaluate/evaluation.ts'
import { decimal, percent } from '../../pipelines/evaluate/page/format.ts'
import { Markup, html } from '../../pipelines/evaluate/page/html.ts'
import { evaluationPage } from '../../pipelines/evaluate/page/page.ts'

const quality = { items: 8, accuracy: 0.875, macroF1: 0.8667, expectedCalibrationError: 0.0412, brier: 0.213, answeredAccuracy: 0.9123, lost: 0.1234 }
const evaluation: Evaluation = {
  schemaVersion: 1,
  model: { name: 'colours', version: '1.2.3', digest: 'a'.repeat(64) },
  dataset: { name: 'paints', version: '4.5.6', digest: 'b'.repeat(64), split: 'test' },
  createdAt: '2026-01-02T03:04:05.000Z',
  overall: quality,
  outOfScope: { items: 2, auroc: 0.9871, aupr: 0.7654, falsePositiveRateAt95: 0.1357, caught: 0.5 },
  perClass: { red: { precision: 0.8, recall: 0.7777, f1: 0.7887, support: 4 }, '<b>&"blue"': { precision: 1, recall: 0.9, f1: 0.9474, support: 4 } },
  confusion: { red: { red: 3, out_of_scope: 1 }, '<b>&"blue"': { '<b>&"blue"': 4 }, out_of_scope: { out_of_scope: 2 } },
  reliability: [{ from: 0.8, to: 0.9, items: 8, confidence: 0.8511, accuracy: 0.875 }],
  coverage: [{ coverage: 0.5, accuracy: 1, threshold: 0.9 }, { coverage: 1, accuracy: 0.875, threshold: 0.3 }],
  slices: { language: { de: quality, en: { ...quality, accuracy: 0.6123, answeredAccuracy: null } } },
  behaviour: [{ name: 'one typo', kind: 'invariance', cases: 9, passed: 8, failures: [{ id: 'row-17', before: 'red', after: 'out_of_scope' }] }],
  latency: { items: 8, meanTokens: 12, p50Ms: 7.77, p95Ms: 9.99 },
  sizeBytes: 47_400_000,
  parity: { items: 8, largestDifference: 0, sameDecision: 1 },
  quantization: null,
  baselines: { majority: { accuracy: 0.5111, macroF1: 0.3333 }, tfidf: { accuracy: 0.8222, macroF1: 0.8111 } },
  predictions: [{ id: 'row-17', truth: 'red', predicted: 'red', confidence: 0.85, decision: 'classified' }]
}

t.test('what is put into a template is escaped, unless it is markup', async t => {
  t.equal(html`<p title="${'"&"'}">${'<b>'}${new Markup('<i></i>')}${[1, html`<br/>`]}${undefined}</p>`.text, '<p title="&quot;&amp;&quot;">&lt;b&gt;<i></i>1<br/></p>')
})

t.test('the page is well-formed, has each id once, and refers to nothing outside', async t => {
  const page = evaluationPage(evaluation)
  t.strictSame(openTags(page.replace('<!doctype html>', '').replace(/<style>.*<\/style>/s, '')), [])
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
  t.strictSame(ids.filter((id, index) => ids.indexOf(id) !== index), [])
  const references = [...page.matchAll(/(?:href|src|aria-labelledby)="([^"]+)"/g)].flatMap(([, value]) => value!.split(' '))
  t.strictSame(references.filter(value => !ids.includes(value.replace('#', ''))), [], 'anchors and titles alone, and each is there')
  t.notMatch(page, /<script|https?:|url\(|@import/)
  t.notMatch(page, /NaN|Infinity|undefined|null|\[object/)
})

t.test('the page tells the figures of the report', async t => {
  const page = evaluationPage(evaluation)
  const shares = [quality.accuracy, quality.macroF1, quality.expectedCalibrationError, quality.answeredAccuracy, quality.lost, 0.5111, 0.8222, 0.7777, 0.7887, 0.8511, 0.6123, 0.1357]
  for (const share of shares) t.ok(page.includes(percent(share)), percent(share))
  for (const text of [decimal(0.9871), decimal(0.7654), '10.0 ms', '7.8 ms', '47.4 MB', 'row-17', '8 of 9', 'a'.repeat(64), 'b'.repeat(64), '2026-01-02']) t.ok(page.includes(text), text)
  t.ok(page.includes('&lt;b&gt;&amp;&quot;blue&quot;') && !page.includes('<b>'), 'names of labels are text')
})

t.test('a report without anything out of scope, behaviour or baselines is a page all the same', async t => {
  const page = evaluationPage({ ...evaluation, outOfScope: { items: 0, auroc: null, aupr: null, falsePositiveRateAt95: null, caught: null }, behaviour: [], baselines: {} })
  t.match(page, /The split has none/)
  t.notMatch(page, /NaN|undefined|null/)
})

/** Tags that are left open or closed out of order. */
function openTags (markup: string): string[] {
  const open: string[] = []
  for (const [, closing, name, rest] of markup.matchAll(/<(\/?)([a-z0-9]+)((?:"[^"]*"|[^">])*)>/gi)) {
    if (closing) { if (open.pop() !== name) return [`</${name}>`] } else if (!rest!.endsWith('/')) open.push(name!)
  }
  return open
}
