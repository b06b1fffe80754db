import t, { type Test } from 'tap'
import { Classifier, type ClassifierResult } from '../../../api/inference/classifier.ts'
import { monotonicMs } from '../../../api/inference/clock.ts'
import { loadTokenizer } from '../../../api/inference/tokenizer.ts'
import type { StoredModel } from '../../../model-store/store.ts'
import { fetchRealModel } from './real-model.ts'

const model = await fetchRealModel()
const classifier = await start(t, model)
const soon = (ms = 30_000) => ({ deadlineAt: monotonicMs() + ms })

/** Inquiries that leave no doubt, and the confidence of the model that was created at `PINNED`. */
const PINNED = '2026-11-26T14:30:00Z'
const CLEAR: ReadonlyArray<readonly [string, string, number]> = [
  ['order_delivery', 'Wo bleibt mein Paket? Es sollte gestern geliefert werden.', 1],
  ['returns_refunds', 'Ich möchte die Lampe zurückgeben und mein Geld zurück.', 1],
  ['warranty_complaint', 'Der Akkuschrauber ist nach zwei Wochen defekt, ich will ihn reklamieren.', 1],
  ['store_info', 'Wann hat der Markt in Hamburg am Samstag geöffnet?', 1],
  ['account_app', 'Ich habe mein Passwort vergessen und kann mich nicht in der App anmelden.', 1],
  ['garden', 'Welcher Dünger hilft gegen Moos im Rasen?', 1],
  ['paint', 'Welche Farbe eignet sich für feuchte Wände im Bad?', 0.9892],
  ['flooring', 'Welche Unterlage brauche ich für Laminat auf Fliesen?', 1],
  ['bathroom', 'Mein Wasserhahn tropft, welche Dichtung brauche ich?', 1],
  ['services', 'Can you cut a worktop to size for me in the store?', 0.9993],
  ['availability', 'Do you have this drill in stock in the Munich store?', 0.9998]
]
const NOBODYS = ['Wer hat gestern das Fußballspiel gewonnen?', 'asdf qwer']

async function start (t: Test, model: StoredModel): Promise<Classifier> {
  const observer = { dropped () {}, workerLost: () => t.fail('a worker was lost') }
  const classifier = await Classifier.start({ model, workers: 1, maxQueue: 1_000, hangMs: 30_000, observer })
  t.teardown(() => classifier.close(10_000))
  return classifier
}

/** All but the times. */
function answer ({ stages, ...answer }: ClassifierResult) {
  return answer
}

t.test('decides what nobody doubts', async t => {
  t.equal(model.manifest.createdAt, PINNED, 'a version never changes; with a new one, write down its confidences')
  for (const [category, text, confidence] of CLEAR) {
    const result = await classifier.classify({ text }, soon())
    t.match(result, { decision: 'classified', category, reason: null, truncated: false, unknownRatio: 0 }, text)
    t.equal(result.alternatives[0]!.category, category)
    t.ok(Math.abs(result.confidence - confidence) < 0.02, `confidence ${result.confidence} is ${confidence}`)
  }
})

t.test('leaves to a person what is nobody\'s', async t => {
  for (const text of NOBODYS) {
    t.match(await classifier.classify({ text }, soon()), { decision: 'manual', category: null, reason: 'out_of_scope' }, text)
  }
})

t.test('answers in a batch bit by bit what it answers alone, and in order', async t => {
  const texts = [...CLEAR.map(([, text]) => text), ...NOBODYS, 'Danke! '.repeat(200), '😀', '']
  const alone = []
  for (const text of texts) alone.push(answer(await classifier.classify({ text }, soon())))
  const batch = await classifier.classifyBatch(texts.map(text => ({ text })), soon())
  t.same(batch.map(result => result.status === 'fulfilled' ? answer(result.value) : result.reason), alone)
  t.ok(new Set(alone.map(({ confidence }) => confidence)).size > 10, 'the answers differ, so that their order shows')
})

t.test('reads beginning and end of a long mail', async t => {
  const request = 'Ich möchte die Lampe zurückgeben und mein Geld zurück. '
  const chatter = 'Gestern war das Wetter schön, und wir saßen lange auf der Bank. '.repeat(40)
  const long = await classifier.classify({ text: request + chatter + request }, soon())
  t.match(long, { truncated: true, tokens: Number })
  t.ok(long.tokens > model.manifest.input.maxTokens, `${long.tokens} tokens`)
  const tokenizer = await loadTokenizer({ directory: model.directory, ...model.manifest.input })
  t.equal(tokenizer.encode(request + chatter + request).ids.length, model.manifest.input.maxTokens)
  const longer = await classifier.classify({ text: request + chatter + chatter + request }, soon())
  t.equal(longer.confidence, long.confidence, 'what is left out of the middle changes nothing')
})

t.test('reads the subject before the text', async t => {
  const [, text] = CLEAR[0]!
  const subject = 'Bestellung 4711'
  t.same(answer(await classifier.classify({ subject, text }, soon())), answer(await classifier.classify({ text: `${subject}\n${text}` }, soon())))
  t.same(answer(await classifier.classify({ subject: '', text }, soon())), answer(await classifier.classify({ text }, soon())), 'an empty one is none')
})

t.test('gives three alternatives, or as many as asked for, the likeliest first', async t => {
  const text = 'Ist das Waschbecken noch vorrätig?'
  const { alternatives, confidence } = await classifier.classify({ text }, soon())
  t.equal(alternatives.length, 3)
  t.equal(alternatives[0]!.confidence, confidence)
  const { alternatives: all } = await classifier.classify({ text, topK: 100 }, soon())
  t.equal(all.length, model.manifest.labels.length)
  t.same(all.slice(0, 3), alternatives)
  t.same(all, all.toSorted((a, b) => b.confidence - a.confidence))
})

t.test('tells how long each stage took', async t => {
  const before = monotonicMs()
  const { stages } = await classifier.classify({ text: CLEAR[0]![1] }, soon())
  const total = monotonicMs() - before
  t.match(stages, { tokenizeMs: Number, queueMs: Number, modelMs: Number, postprocessMs: Number })
  t.ok(Object.values(stages).every(ms => ms >= 0), JSON.stringify(stages))
  t.ok(Object.values(stages).reduce((sum, ms) => sum + ms, 0) <= total, 'together no longer than the call')
})

t.test('refuses before it tokenizes', async t => {
  const long = 'Wo ist mein Paket? '.repeat(50)
  await t.rejects(classifier.classify({ text: long }, soon(11)), { code: 'ERR_DEADLINE_UNREACHABLE' })
  await t.rejects(classifier.classifyBatch(new Array(1_001).fill({ text: 'a' }), soon(600_000)), { code: 'ERR_QUEUE_FULL' })
  t.equal(classifier.queueDepth, 0)
})

t.test('makes no decision on what is not a number', async t => {
  const { manifest } = model
  const short = { ...manifest.input, maxTokens: 16, headTokens: 16 } // as short as the warm-up's short text
  const broken = await start(t, { ...model, manifest: { ...manifest, input: short, calibration: { temperature: NaN } } })
  await t.rejects(broken.classify({ text: 'Wo ist mein Paket?' }, soon()), { code: 'ERR_INFERENCE_FAILED' })
  await t.rejects(broken.classify({ text: 'Wo ist mein Paket?' }, soon(5)), { code: 'ERR_DEADLINE_UNREACHABLE' }, 'nor are its predictions')
})

t.test('does not start on files that do not fit its manifest', async t => {
  const { manifest } = model
  const observer = { dropped () {}, workerLost () {} }
  const startWith = (change: Partial<typeof manifest>) =>
    Classifier.start({ model: { ...model, manifest: { ...manifest, ...change } }, workers: 1, maxQueue: 1, hangMs: 1_000, observer })
  const threads = () => process.getActiveResourcesInfo().filter(resource => resource === 'MessagePort').length
  const before = threads()
  await t.rejects(startWith({ classes: manifest.classes.toReversed() }), { message: /other classes/ })
  await t.rejects(startWith({ output: { ...manifest.output, name: 'no_such_output' } }), { message: /no_such_output/ })
  t.equal(threads(), before, 'and leaves no thread behind')
})

t.test('a worker that hangs inside the engine is replaced and the process lives on', async t => {
  const lost: string[] = []
  const impatient = await Classifier.start({
    model, workers: 1, maxQueue: 100, hangMs: 20, observer: { dropped () {}, workerLost: reason => { lost.push(reason) } }
  })
  t.teardown(async () => await impatient.close(5_000))
  const long = { text: 'Die Bohrmaschine macht beim Bohren in Beton seltsame Geräusche und wird heiß. '.repeat(100) }
  await impatient.classify(long, soon()).catch((error: { code: string }) => t.equal(error.code, 'ERR_INFERENCE_FAILED'))
  t.ok(lost.includes('hung'), 'the run of 256 tokens took longer than 20 ms')
})
