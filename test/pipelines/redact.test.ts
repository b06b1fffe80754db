import { readFile } from 'node:fs/promises'
import t from 'tap'
import { parseExamples } from '../../pipelines/data/data-set.ts'
import { PII_KINDS } from '../../pipelines/redact/pii.ts'
import { type PiiKind, findPii, redactText } from '../../pipelines/redact/redact.ts'
import { createGenerators } from './redact/generated.ts'
import { NEGATIVES } from './redact/negatives.ts'
import { POSITIVES } from './redact/positives.ts'

const DATA = new URL('../../../data/inquiries/1.0.0/', import.meta.url)
const texts = (await Promise.all(['train', 'validation', 'test'].map(async split =>
  parseExamples(await readFile(new URL(`${split}.jsonl`, DATA), 'utf8'), split).map(({ text }) => text)))).flat()
const found = texts.map(findPii)

const unmarked = (text: string) => text.replace(/[⟦⟧]/g, '')
const marked = (text: string) => [...text.matchAll(/⟦(.*?)⟧/gs)].map(([, pii]) => pii)

t.test('finds each kind, and just what is personal', async t => {
  for (const kind of PII_KINDS) {
    t.ok(POSITIVES[kind].length >= 12, `${kind} has a dozen cases`)
    for (const text of POSITIVES[kind]) {
      const plain = unmarked(text)
      t.strictSame(findPii(plain).map(match => [match.kind, plain.slice(match.start, match.end)]), marked(text).map(pii => [kind, pii]), text)
    }
  }
})

t.test('leaves dimensions, articles, prices, dates and brands alone', async t => {
  for (const text of NEGATIVES) t.strictSame(redactText(text).text, text)
})

t.test('replaces by surrogates of the same shape and counts by kind', async t => {
  const { text, found } = redactText('Mein Name ist Petra Huber, Kundennummer K-4471a, Tel. 0171/5550198, p@huber.at, IBAN AT61 1904 3002 3457 3201, Lindenweg 14, 6330 Kufstein')
  t.equal(text, 'Mein Name ist Muster, Kundennummer K-0000X, Tel. 0000/0000000, name@example.com, IBAN AT00 0000 0000 0000 0000, Musterstraße 1, 0000 Musterstadt')
  t.match(found, { name: 1, phone: 1, email: 1, iban: 1, address: 2, card: 0, order_number: 0 })
  t.equal(redactText('order no. AB-12X7').text, 'order no. AB-00X0')
  t.equal(redactText('Kind regards,\nJohn Smith\n7 Mill Lane, London NW1 6XE').text, 'Kind regards,\nSample\n1 Example Street, London XX0 0XX')
})

t.test('redacted text stays as it is: the whole data set, and every case', async t => {
  const all = [...texts.filter((_, index) => found[index]!.length), ...PII_KINDS.flatMap(kind => POSITIVES[kind].map(unmarked)), ...NEGATIVES]
  const changed = all.map(text => redactText(text).text).filter(text => findPii(text).length > 0)
  t.strictSame(changed, [])
})

t.test('keeps nearly all of a data set about things', async t => {
  const counts: Partial<Record<PiiKind, number>> = {}
  for (const { kind } of found.flat()) counts[kind] = (counts[kind] ?? 0) + 1
  // Read one by one in November 2026; what changes them must be read again.
  t.strictSame(counts, { name: 755, order_number: 125, address: 25, customer_number: 10, phone: 3, email: 3 })
})

t.test('finds what is put into inquiries at random', async t => {
  const { next, generators } = createGenerators(5)
  for (const [kind, generate] of Object.entries(generators)) {
    let missed = 0
    const rounds = 400
    const examples: string[] = []
    for (let round = 0; round < rounds; round++) {
      const { pii, phrase } = generate()
      const text = `${texts[next(texts.length)]!.slice(0, 300)} ${phrase}`
      const redacted = redactText(text).text
      if (redacted.includes(pii)) { missed++; examples.push(phrase) }
      if (findPii(redacted).length) t.fail(`redacted twice: ${phrase}`)
    }
    t.comment(`${kind}: ${missed} of ${rounds} missed`)
    t.ok(missed <= rounds * 0.01, `${kind}: ${missed} of ${rounds} missed`, { examples: examples.slice(0, 5) })
  }
})

t.test('takes time linear in the length, whatever the text', async t => {
  const length = 100_000
  const fill = (piece: string) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length)
  const pieces = ['a', 'A', '0', '1 ', '+49 ', 'a@', 'a.', '@', 'DE00 ', 'Aa ', 'Herr ', 'Grüße ', 'Grüße\n', 'Am Aa ', 'Bestellnummer ', 'nr nr ', '12 Aa ', '0-', '(0', '1.1.', 'Art. ', 'a-', 'Aa-', 'von der ', 'LG, ', ', ', '4111 ', 'x at ', 'Straße 1 ', '\n', ' ', 'mein name ist ', '1,1/', '# ']
  for (const piece of pieces) {
    const text = fill(piece)
    const start = performance.now()
    redactText(text)
    const milliseconds = performance.now() - start
    t.ok(milliseconds < 1_000, `${JSON.stringify(piece)}: ${milliseconds.toFixed(0)} ms`)
  }
})
