import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Step, parseOptions, usageError } from '../step.ts'
import { checkDataSet } from './checks.ts'
import { type DataSetDescription, type Example, SPLITS, type Split, dataSetDigest, digestOf, parseExamples } from './data-set.ts'

const HELP = `Usage: npm run pipelines -- describe --data DIR --version VERSION [options]

Checks the splits of a data set and writes its dataset.json: counts, SHA-256 of each split, digest of the whole.
Fails, naming the rows, when a label is unknown, a text is blank or nearly the same as another, or too few are there.

  --data DIR         folder with train.jsonl, validation.jsonl and test.jsonl
  --version VERSION  version to record
  --name NAME        name to record (default inquiries)
  --taxonomy FILE    labels (default data/taxonomy.json)
  --origin TEXT      where the texts come from
  --licence NAME     (default Apache-2.0)
  --created-at TIME  time to record (default now)`

/** What the training split of the default model must have at least. */
export const MINIMUMS = { minPerLabel: { de: 80, en: 40 }, minOutOfScope: 400 }

/** `pipelines describe` */
export const describeStep: Step = { help: HELP, run: describe }

export async function describe (args: string[]): Promise<unknown> {
  const values = parseOptions(args, {
    data: { type: 'string' },
    version: { type: 'string' },
    name: { type: 'string', default: 'inquiries' },
    taxonomy: { type: 'string', default: 'data/taxonomy.json' },
    origin: { type: 'string', default: '' },
    licence: { type: 'string', default: 'Apache-2.0' },
    'created-at': { type: 'string', default: new Date().toISOString() }
  })
  const { data: directory, version } = values
  if (!directory || !version) throw usageError('--data and --version are needed')
  const taxonomy: { name: string, version: string, labels: Array<{ id: string }> } = JSON.parse(await readFile(values.taxonomy, 'utf8'))
  const contents = await eachSplit(async split => await readFile(join(directory, `${split}.jsonl`), 'utf8'))
  const splits = await eachSplit(async split => parseExamples(contents[split], join(directory, `${split}.jsonl`)))
  const problems = checkDataSet(splits, { labels: taxonomy.labels.map(({ id }) => id), ...MINIMUMS })
  if (problems.length) throw new Error(`${problems.length} problems in ${directory}:\n${problems.slice(0, 50).join('\n')}`)
  const digests = await eachSplit(async split => digestOf(contents[split]))
  const description: DataSetDescription = {
    name: values.name,
    version,
    createdAt: values['created-at'],
    taxonomy: { name: taxonomy.name, version: taxonomy.version },
    licence: values.licence,
    origin: values.origin,
    files: Object.fromEntries(SPLITS.map(split => [split, { sha256: digests[split], examples: splits[split].length }])),
    digest: dataSetDigest(digests)
  }
  await writeFile(join(directory, 'dataset.json'), JSON.stringify(description, null, 2) + '\n')
  return { ...description, byLabel: countBy(splits.train, 'label'), byLanguage: countBy(splits.train, 'language'), byStyle: countBy(splits.train, 'style') }
}

async function eachSplit<Value> (make: (split: Split) => Promise<Value>): Promise<Record<Split, Value>> {
  const entries = await Promise.all(SPLITS.map(async split => [split, await make(split)] as const))
  return Object.fromEntries(entries) as Record<Split, Value>
}

function countBy (examples: readonly Example[], field: 'label' | 'language' | 'style'): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const example of examples) {
    const value = example[field] ?? 'none'
    counts[value] = (counts[value] ?? 0) + 1
  }
  return counts
}
