import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { benchmarkStep } from '../../pipelines/benchmark/command.ts'
import { REJECTION_SCORES, chooseRejection, separation } from '../../pipelines/benchmark/rejection.ts'
import { SPLITS, dataSetDigest, digestOf } from '../../pipelines/data/data-set.ts'
import { searchStep } from '../../pipelines/search/command.ts'

const COLOURS = { paint: 'Welche Farbe deckt auf Holz', garden: 'Was wächst im Schatten am Zaun', tools: 'Wie lange hält der Akku der Säge' }
const variants = (count: number, from = 0) => Object.entries(COLOURS).flatMap(([label, text]) =>
  Array.from({ length: count }, (_, index) => ({ text: `${text}, ${['bitte', 'danke', 'heute', 'bald', 'wirklich', 'ungefähr', 'genau', 'etwa'][(from + index) % 8]} ${from + index}?`, label })))

t.test('the benchmark chooses on the training split and measures on the test split', { timeout: 120_000 }, async t => {
  const data = t.testdir({ clinc150: {} })
  const pairs = (items: ReturnType<typeof variants>) => items.map(({ text, label }) => [text, label])
  const outside = [['Wer gewann das Spiel?', 'oos'], ['Erzähl einen Witz', 'oos']]
  await writeFile(join(data, 'clinc150', 'data_full.json'), JSON.stringify({ train: pairs(variants(8)), val: pairs(variants(3, 8)), oos_val: outside, test: pairs(variants(4, 11)), oos_test: outside }))
  const table = await benchmarkStep.run(['--data', data, '--only', 'CLINC150', '--folds', '2'], {}) as string
  const rows = table.split('\n').slice(2).map(line => line.split('|').map(cell => cell.trim()).slice(1, -1))
  t.strictSame(rows.map(row => row[1]), ['n-grams alone (TF-IDF + LR)', 'embedding alone', 'all of the grid'])
  for (const [, head, , validated, accuracy, , calibration, auroc] of rows) {
    t.equal(accuracy, '100.00', `${head}`)
    t.equal(validated, '100.00')
    t.ok(Number(calibration) < 0.2, `${calibration}`)
    t.match(auroc, /^\d\.\d{4} \((max\. probability|max\. logit|energy)\)$/)
  }
})

t.test('what the search finds is what train reads', { timeout: 120_000 }, async t => {
  const directory = join(t.testdir(), 'data')
  await mkdir(directory)
  const lines = Object.fromEntries(SPLITS.map(split => [split, variants(split === 'train' ? 8 : 1).map((item, index) => JSON.stringify({ id: `${index}`, language: 'de', ...item }) + '\n').join('')])) as Record<typeof SPLITS[number], string>
  const digests = Object.fromEntries(SPLITS.map(split => [split, digestOf(lines[split])])) as Record<typeof SPLITS[number], string>
  for (const split of SPLITS) await writeFile(join(directory, `${split}.jsonl`), lines[split])
  await writeFile(join(directory, 'dataset.json'), JSON.stringify({
    name: 'few',
    version: '1.0.0',
    createdAt: '2026-01-01T00:00:00Z',
    taxonomy: { name: 't', version: '1' },
    licence: 'Apache-2.0',
    origin: 'a test',
    files: Object.fromEntries(SPLITS.map(split => [split, { sha256: digests[split], examples: 3 }])),
    digest: dataSetDigest(digests)
  }))
  const output = join(t.testdirName, 'found', 'parameters.json')
  const found = await searchStep.run(['--data', directory, '--output', output, '--folds', '2'], {}) as { best: { parameters: unknown, accuracy: number }, complete: boolean }
  t.equal(found.best.accuracy, 1)
  t.ok(found.complete)
  const written = JSON.parse(await readFile(output, 'utf8'))
  t.strictSame(written.head, found.best.parameters)
  t.match(written.thresholdTargets, { maxLost: Number })
})

t.test('options that make no sense are refused', async t => {
  for (const wrong of [['--folds', '1'], ['--folds', 'x'], ['--seed', '1.5'], ['--budget', '0'], ['--budget', 'soon']]) {
    await t.rejects(searchStep.run(wrong, {}), { code: 'ERR_USAGE' }, wrong.join(' '))
  }
  await t.rejects(benchmarkStep.run(['--only', 'MNIST'], {}), { code: 'ERR_USAGE' })
})

t.test('the out-of-scope score is the one that separates best', async t => {
  // Two logits alike and high: sure by their sum and their highest, unsure by probability.
  const items = { inScope: [Float64Array.of(5, 5, 0), Float64Array.of(6, 5.5, 0)], outOfScope: [Float64Array.of(1, -3, -3)], temperature: 1 }
  t.equal(separation('max. probability', items), 0)
  t.equal(separation('energy', items), 1)
  t.equal(chooseRejection(items), 'max. logit')
  t.ok(Math.abs(REJECTION_SCORES.energy(Float64Array.of(0, 0)) - Math.log(2)) < 1e-12)
})
