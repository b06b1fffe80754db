import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { SPLITS, readDataSet } from '../pipelines/data/data-set.ts'
import { prepareStep } from '../pipelines/prepare/command.ts'
import { createRandom, pick } from '../pipelines/random.ts'

/**
 * Measures `pipelines prepare` on a table of many rows: `node dist/bench/prepare.js --rows 1000000`. The rows are made of
 * sentences of the committed data set, two or three each, so most differ and some nearly repeat another; one in ten
 * has a customer with several rows. Prints time, processor time (what other work on the
 * machine leaves alone), peak memory and what became of the rows.
 */
const { values } = parseArgs({ options: { rows: { type: 'string', default: '100000' } } })
const rows = Number(values.rows)

const folder = await mkdtemp(join(tmpdir(), 'prepare-bench-'))
try {
  const table = join(folder, 'rows.csv')
  await writeTable(table, rows)
  await writeFile(join(folder, 'limits.json'), '{"maxNearDuplicates":1,"maxRejected":1}')
  const started = performance.now()
  const result = await prepareStep.run(['--version', '1.0.0', '--input', table, '--out', folder, '--reports', join(folder, 'reports'), '--limits', join(folder, 'limits.json')], {})
  const seconds = (performance.now() - started) / 1_000
  const { examples, rejected, redaction } = result as Record<'examples' | 'rejected' | 'redaction', Record<string, number>>
  console.log(JSON.stringify({ rows, seconds: Math.round(seconds), processorSeconds: Math.round(process.cpuUsage().user / 1e6), peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1_024), examples, rejected, redaction }, null, 2))
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function writeTable (path: string, count: number): Promise<void> {
  const { splits } = await readDataSet('data/inquiries/1.0.0')
  const examples = SPLITS.flatMap(split => splits[split])
  const sentences = examples.flatMap(({ text, label, language }) => (text.match(/[^.!?\n]+[.!?]*/g) ?? []).map(sentence => ({ sentence: sentence.trim(), label, language })))
  const byLanguage = { de: sentences.filter(({ language }) => language === 'de'), en: sentences.filter(({ language }) => language === 'en') }
  const next = createRandom(1)
  const file = createWriteStream(path)
  file.write('id,text,label,customer\n')
  for (let row = 0; row < count; row++) {
    const first = pick(sentences, next)
    const others = Array.from({ length: 1 + Math.floor(2 * next()) }, () => pick(byLanguage[first.language as 'de' | 'en'], next).sentence)
    const text = [first.sentence, ...others].join(' ').replaceAll('"', '""')
    const customer = row % 10 === 0 ? `K${Math.floor(next() * count / 25)}` : ''
    if (!file.write(`r${row},"${text}",${first.label},${customer}\n`)) await once(file, 'drain')
  }
  file.end()
  await finished(file)
}
