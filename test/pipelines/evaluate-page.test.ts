import t from 'tap'
import { decimal, percent } from '../../pipelines/evaluate/page/format.ts'
import { Markup, html } from '../../pipelines/evaluate/page/html.ts'
import { evaluationPage } from '../../pipelines/evaluate/page/page.ts'
import { evaluation } from './fake-evaluation.ts'

const quality = evaluation.overall

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
