import { readFile } from 'node:fs/promises'
import t from 'tap'
import type { Manifest } from '../../model-store/manifest.ts'
import { type Example, readDataSet } from '../../pipelines/data/data-set.ts'
import { compareBaselines } from '../../pipelines/evaluate/baselines/baselines.ts'
import { type Answer, type BehaviourTest, judge, textsOf } from '../../pipelines/evaluate/behaviour/behaviour-test.ts'
import { directionTests } from '../../pipelines/evaluate/behaviour/direction.ts'
import { invarianceTests } from '../../pipelines/evaluate/behaviour/invariance.ts'
import { minimumTests } from '../../pipelines/evaluate/behaviour/minimum.ts'
import { noisyCopies } from '../../pipelines/evaluate/behaviour/noise.ts'
import * as perturbations from '../../pipelines/evaluate/behaviour/perturbations.ts'
import { createRandom } from '../../pipelines/random.ts'
import { SENTENCES } from '../../pipelines/evaluate/behaviour/sentences.ts'
import { behaviourTests } from '../../pipelines/evaluate/behaviour/suite.ts'
import { coverageCurve } from '../../pipelines/evaluate/coverage.ts'
import { averagePrecision, falsePositiveRateAt } from '../../pipelines/evaluate/detection.ts'
import { modelDigest } from '../../pipelines/evaluate/model-digest.ts'
import { brierScore, outOfScopeQuality, qualityOf } from '../../pipelines/evaluate/quality.ts'
import { sliceQuality } from '../../pipelines/evaluate/slices.ts'

const thresholds = { default: 0.5, perClass: {}, outOfScope: { classId: 'none', probability: 0.4 } }
const rule = { classes: ['red', 'blue', 'none'], thresholds }
const scored = (truth: string, ...probabilities: number[]) => ({ truth, probabilities: Float64Array.from(probabilities) })
const example = (id: string, text: string, label: string, language = 'de'): Example => ({ id, text, label, language })
const label = (id: string, group: string, de: string, en: string, description: string): Manifest['labels'][number] => ({ id, group, names: { de, en }, description })

t.test('average precision and false positives at 95 % as computed by hand', async t => {
  t.equal(averagePrecision([0.35, 0.8], [0.1, 0.4]).toFixed(6), (1 / 2 + 1 / 2 * 2 / 3).toFixed(6), 'the example in scikit-learn\'s documentation')
  t.equal(averagePrecision([0.9, 0.8], [0.1]), 1)
  t.equal(averagePrecision([0.5], [0.5, 0.5, 0.5]), 0.25, 'ties are one step')
  const positives = Array.from({ length: 20 }, (_, index) => 1 - index / 20)
  t.equal(falsePositiveRateAt(0.95, positives, [0.11, 0.09, 0.05, 0.2]), 0.5, '19 of 20 are flagged from 0.1 on')
})

t.test('Brier score and quality as computed by hand; out of scope is told by its own class', async t => {
  const items = [scored('red', 0.6, 0.3, 0.1), scored('blue', 0.5, 0.4, 0.1), scored('blue', 0.1, 0.4, 0.5)]
  t.equal(brierScore(items.slice(0, 1), rule.classes).toFixed(6), (0.16 + 0.09 + 0.01).toFixed(6))
  t.match(qualityOf(items, rule), { items: 3, accuracy: 2 / 3, lost: 1 - 2 / 3, answeredAccuracy: 0.5 })
  t.equal(qualityOf([scored('red', 0.2, 0.3, 0.5)], rule).answeredAccuracy, null, 'nothing was answered')
  const withOutside = [...items, scored('out_of_scope', 0.1, 0.1, 0.8), scored('out_of_scope', 0.45, 0.25, 0.3)]
  t.match(outOfScopeQuality(withOutside, rule), { items: 2, auroc: 5 / 6, caught: 1 })
  t.strictSame(outOfScopeQuality(items, rule), { items: 0, auroc: null, aupr: null, falsePositiveRateAt95: null, caught: null })
  const withoutClass = { classes: ['red', 'blue'], thresholds }
  t.equal(outOfScopeQuality([scored('red', 0.9, 0.1), scored('out_of_scope', 0.5, 0.5)], withoutClass).auroc, 1, 'lack of confidence tells, where there is no class')
})

t.test('coverage: the most certain part first', async t => {
  const outcomes = [0.9, 0.8, 0.7, 0.6].map((confidence, index) => ({ truth: 'a', predicted: index === 3 ? 'b' : 'a', confidence }))
  t.strictSame(coverageCurve(outcomes, 2), [{ coverage: 0.5, accuracy: 1, threshold: 0.8 }, { coverage: 1, accuracy: 0.75, threshold: 0.6 }])
  t.equal(coverageCurve(outcomes).length, 4, 'no point twice')
})

t.test('slices by what the items say of themselves', async t => {
  const labels = [label('red', 'colours', 'Rot', 'Red', ''), label('blue', 'colours', 'Blau', 'Blue', '')]
  const items = [
    { ...scored('red', 0.9, 0.1, 0), example: example('1', 'x', 'red') },
    { ...scored('blue', 0.9, 0.1, 0), example: { ...example('2', 'x'.repeat(300), 'blue', 'en'), channel: 'app' } }
  ]
  const slices = sliceQuality(items, { ...rule, labels })
  t.match(slices, { language: { de: { accuracy: 1 }, en: { accuracy: 0 } }, channel: { app: { items: 1 } }, group: { colours: { items: 2 } } })
  t.strictSame(Object.keys(slices.length!), ['1 to 79 characters', '201 characters or more'])
  t.notOk(slices.style, 'no item has a style')
})

t.test('perturbations write a text otherwise, the same for the same seed, or say that they cannot', async t => {
  const next = () => createRandom(1)
  const apply = (name: keyof typeof perturbations, text: string, language = 'de') => (perturbations[name] as perturbations.Perturbation)(text, next(), language)
  t.equal(apply('umlautsSpelledOut', 'Größe Übung'), 'Groesse Uebung')
  t.equal(apply('umlautsBare', 'Größe Übung'), 'Grose Ubung')
  t.equal(apply('umlautsBare', 'plain'), undefined)
  t.equal(apply('withoutPunctuation', 'Wie viel kostet das? Ca. 3,50 Euro!'), 'Wie viel kostet das Ca 3,50 Euro')
  t.equal(apply('capitals', 'Straße'), 'STRASSE')
  t.equal(apply('lowerCase', 'klein'), undefined)
  t.match(apply('greeted', 'Wo ist das?'), /^(Hallo|Guten Tag|Sehr geehrte|Moin|Liebes Team).*Wo ist das\?$/s)
  t.equal(apply('greeted', 'Hallo zusammen, wo ist das?'), undefined)
  t.equal(apply('closed', 'Où est-ce?', 'fr'), undefined, 'a language without closings')
  const numbers = apply('otherNumbers', 'Nr. 4711 und 05')!
  t.match(numbers, /^Nr\. [1-9]\d{3} und [1-9]\d$/)
  t.notMatch(numbers, /4711|\b05\b/)
  t.equal(apply('typo', 'am Tor'), undefined, 'no word is long enough')
  const typo = apply('typo', 'Rasenmäher')!
  t.equal(typo[0], 'R')
  t.ok(Math.abs(typo.length - 10) <= 1 && typo !== 'Rasenmäher')
  t.equal(apply('typo', 'Rasenmäher'), typo)
})

t.test('behaviour is judged by what must hold, and failures are told by id and labels alone', async t => {
  const answer = (predicted: string, probabilities: Record<string, number> = {}): Answer =>
    ({ predicted, decision: predicted === 'out_of_scope' ? 'manual' : 'classified', probability: id => probabilities[id] ?? 0 })
  const invariance = invarianceTests([example('1', 'Größe 5 passt nicht', 'red')], 1)
  const results = judge(invariance, text => answer(text.includes('ö') ? 'red' : 'blue'))
  const byName = Object.fromEntries(results.map(result => [result.name, result]))
  t.match(byName['umlauts spelled out'], { cases: 1, passed: 0, failures: [{ id: '1', before: 'red', after: 'blue' }] })
  t.match(byName['other numbers'], { cases: 1, passed: 1, failures: [] })

  const labels = [label('red', 'product', '', '', ''), label('blue', 'service', '', '', '')]
  const direction = directionTests([example('1', 'Welches Rot?', 'red'), example('2', 'Wo ist mein Blau?', 'blue')], labels, 1)
  const weighed = (share: number) => judge(direction, text => answer('red', { red: 1 - share, blue: text.length > 20 ? share : 0 })).map(({ passed }) => passed)
  t.strictSame(weighed(0.6), [1, 1])
  t.strictSame(weighed(0.4), [0, 0], 'the service desks must have the greater part')

  const minimum = judge(minimumTests(), () => answer('out_of_scope'))
  t.match(minimum.map(({ passed, cases }) => passed === cases), [false, true, false, true])
  t.match(minimum[0]!.failures[0], { id: 'garden-de-1', before: 'garden', after: 'out_of_scope' })
})

t.test('the suite is the same for the same items, stays within 1,500 texts, and knows every desk', async t => {
  const taxonomy: { name: string, version: string, labels: Array<{ id: string, group: string }> } = JSON.parse(await readFile('data/taxonomy.json', 'utf8'))
  const labels = taxonomy.labels.map(({ id, group }) => label(id, group, '', '', ''))
  const { splits } = await readDataSet('data/inquiries/1.0.0')
  for (const split of ['validation', 'test'] as const) {
    const tests = (seed: number) => behaviourTests(splits[split], { taxonomy, labels }, seed)
    const known = new Set(splits[split].map(({ text }) => text))
    const extra = new Set([...textsOf(tests(1)), ...Object.values(noisyCopies(splits[split], 1)).flat().map(({ text }) => text)].filter(text => !known.has(text)))
    t.ok(extra.size <= 1_500, `${extra.size} texts`)
    t.strictSame(textsOf(tests(1)), textsOf(tests(1)))
    t.not(textsOf(tests(1)).join(), textsOf(tests(2)).join())
  }
  const kinds = (items: BehaviourTest[]) => [...new Set(items.map(({ kind }) => kind))]
  t.strictSame(kinds(behaviourTests(splits.test, { taxonomy: { name: 'other', version: '1' }, labels }, 1)), ['invariance'], 'another taxonomy has another rule')
  t.strictSame(Object.keys(SENTENCES).sort(), labels.map(({ id }) => id).sort())
  t.ok(Object.values(SENTENCES).every(({ de, en }) => de.length >= 3 && en.length >= 3))
  const trained = new Set(splits.train.map(({ text }) => text.toLowerCase()))
  const seen = Object.values(SENTENCES).flatMap(({ de, en }) => [...de, ...en]).filter(sentence => trained.has(sentence.toLowerCase()))
  t.strictSame(seen, [], 'no sentence is in the training split')
})

t.test('baselines learn what they can: nothing, keywords, and words that no description has', async t => {
  const labels = [label('red', 'colours', 'Rot', 'Red', 'Tomatoes and cherries.'), label('blue', 'colours', 'Blau', 'Blue', 'The sea and the sky.')]
  const train = Array.from({ length: 30 }, (_, index) => index % 3
    ? { text: `Nummer ${index}: reife Kirsche`, label: 'red' }
    : { text: `Nummer ${index}: tiefer Ozean`, label: 'blue' })
  const items = [{ text: 'eine Kirsche', label: 'red' }, { text: 'ein Ozean', label: 'blue' }, { text: 'tomato', label: 'red' }, { text: 'in the sky', label: 'blue' }]
  t.match(await compareBaselines(train, items, labels), {
    majority: { accuracy: 0.5 },
    keywords: { accuracy: 0.75, macroF1: (2 * 2 / 5 + 2 / 3) / 2 },
    tfidf: { accuracy: 0.75 }
  })
  t.strictSame(await compareBaselines([], items, labels), {})
})

t.test('the digest of a model depends on what answers, not on documents, reports or the name', async t => {
  const manifest: Manifest = JSON.parse(await readFile('model-store/models/inquiry-classifier/1.0.0/manifest.json', 'utf8'))
  const digest = modelDigest(manifest)
  const file = (path: string) => ({ path, size: 1, sha256: 'a'.repeat(64) })
  t.equal(modelDigest({ ...manifest, files: [...manifest.files, file('evaluation.json'), file('evaluation.html'), file('gate.json'), file('NOTICE')].reverse() }), digest)
  t.not(modelDigest({ ...manifest, files: [...manifest.files, file('other.bin')] }), digest)
  t.not(modelDigest({ ...manifest, thresholds: { ...manifest.thresholds, default: 0.9 } }), digest)
})
