import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { checkDataSet, similarPairs } from '../../pipelines/data/checks.ts'
import { describe } from '../../pipelines/data/command.ts'
import { type Example, OUT_OF_SCOPE, type Split, parseExamples, readDataSet } from '../../pipelines/data/data-set.ts'
import { parseCsv } from '../../pipelines/benchmark/sets.ts'

const example = (id: string, text: string, label: string): Example => ({ id, text, label, language: 'de', style: 'plain' })

function smallSet (): Record<Split, Example[]> {
  return {
    train: [example('a', 'Welche Erde brauchen Hortensien im Kübel?', 'garden'), example('b', 'Wer gewinnt heute das Spiel?', OUT_OF_SCOPE)],
    validation: [example('c', 'Rasen wird gelb', 'garden'), example('d', 'asdfgh', OUT_OF_SCOPE)],
    test: [example('e', 'Wann schneidet man den Flieder?', 'garden'), example('f', 'Danke schön', OUT_OF_SCOPE)]
  }
}
const limits = { labels: ['garden'], minPerLabel: { de: 1 }, minOutOfScope: 1 }

t.test('accepts a sound data set', async t => t.strictSame(checkDataSet(smallSet(), limits), []))

t.test('names the rows of each problem', async t => {
  const splits = smallSet()
  splits.train.push(example('x', 'Wie hoch ist die Decke?', 'ceiling'), example('y', '  ', 'garden'))
  splits.test.push(example('z', 'welche erde brauchen Hortensien im Kuebel', 'garden'))
  const problems = checkDataSet(splits, { ...limits, minPerLabel: { de: 3 }, minOutOfScope: 2 })
  t.strictSame(problems, [
    'train x: ceiling is no label of the taxonomy',
    'train y: the text is blank',
    'train: 2 examples of garden in de, 3 are needed',
    'train: 1 examples out of scope, 2 are needed',
    'train a and test z are nearly the same text'
  ])
})

t.test('tells paraphrases of one text from texts on one matter', async t => {
  const pair = (a: string, b: string) => similarPairs([{ text: a }, { text: b }]).length
  t.equal(pair('Wo bleibt mein Paket, es sollte gestern kommen?', 'wo bleibt mein paket... es sollte gestern kommen!!'), 1)
  t.equal(pair('Wo bleibt mein Paket, es sollte gestern kommen?', 'Meine Lieferung ist seit Tagen überfällig.'), 0)
  t.equal(pair('🙂🙂', '🙂🙂'), 1, 'texts without letters')
})

t.test('describe writes what readDataSet verifies; a changed split is refused', async t => {
  const directory = t.testdir(Object.fromEntries(Object.entries(smallSet()).map(([split, examples]) =>
    [`${split}.jsonl`, examples.map(item => JSON.stringify(item)).join('\n') + '\n'])))
  await t.rejects(describe(['--data', directory, '--version', '9.9.9']), /examples of garden in de/, 'the minimums of the default model hold here too')
  t.throws(() => parseExamples('{"id":"a"}\n', 'train.jsonl'), /train.jsonl:1 is no example/)
  t.throws(() => parseExamples('{"id":\n', 'train.jsonl'), /JSON/)
  await writeFile(join(directory, 'dataset.json'), '{"name":"x"}')
  await t.rejects(readDataSet(directory), /describes no data set/)
})

t.test('parses CSV with quotes, commas and line breaks', async t => {
  t.strictSame(parseCsv('text,label\n"a, ""b""\nc",x\nplain,y\n'), [['text', 'label'], ['a, "b"\nc', 'x'], ['plain', 'y']])
})
