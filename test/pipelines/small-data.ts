import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Example, OUT_OF_SCOPE, SPLITS, type Split, dataSetDigest } from '../../pipelines/data/data-set.ts'

/** A taxonomy of two desks, and a data set for it in which one word says which desk an inquiry is for. */
export const SMALL_TAXONOMY = {
  name: 'small',
  version: '1',
  labels: [{ id: 'garden', group: 'product', de: 'Garten & Pflanzen', en: 'Garden', description: 'Lawn.' }, { id: 'tools', group: 'product', de: 'Werkzeug', en: 'Tools', description: 'Drills.' }]
}
export const WORDS = { garden: 'rasen', tools: 'bohrer', [OUT_OF_SCOPE]: 'miete' } as const
const CLASSES = Object.keys(WORDS) as Array<keyof typeof WORDS>
const FILLERS = ['bitte', 'danke', 'wo ist', 'ich suche', 'haben sie', 'mein']
/** Every so manieth inquiry has a label that its word does not say: nothing is ever certain. */
const MISLABELLED_EVERY = 10

export interface SmallDataOptions {
  /** @default 60 */
  readonly perSplit?: number
  /** Whether some inquiries fit no desk. @default true */
  readonly outOfScope?: boolean
}

/** Writes `taxonomy.json` and a data set into a folder. @returns their paths */
export async function writeSmallData (directory: string, { perSplit = 60, outOfScope = true }: SmallDataOptions = {}): Promise<{ data: string, taxonomy: string }> {
  const classes = CLASSES.filter(id => outOfScope || id !== OUT_OF_SCOPE)
  const taxonomy = join(directory, 'taxonomy.json')
  const data = join(directory, 'data')
  await mkdir(data, { recursive: true })
  await writeFile(taxonomy, JSON.stringify(SMALL_TAXONOMY))
  await writeDataSet(data, Object.fromEntries(SPLITS.map(split => [split, Array.from({ length: perSplit }, (_, index) => example(split, index, classes))])) as Record<Split, Example[]>)
  return { data, taxonomy }
}

/** Writes splits and the `dataset.json` that describes them. */
export async function writeDataSet (directory: string, splits: Record<Split, readonly Example[]>): Promise<void> {
  await mkdir(directory, { recursive: true })
  const files = await Promise.all(SPLITS.map(async split => {
    const content = splits[split].map(row => JSON.stringify(row) + '\n').join('')
    await writeFile(join(directory, `${split}.jsonl`), content)
    return [split, { sha256: createHash('sha256').update(content).digest('hex'), examples: splits[split].length }] as const
  }))
  await writeFile(join(directory, 'dataset.json'), JSON.stringify({
    name: 'small',
    version: '1.0.0',
    createdAt: '2026-01-02T03:04:05Z',
    taxonomy: { name: SMALL_TAXONOMY.name, version: SMALL_TAXONOMY.version },
    licence: 'CC0-1.0',
    origin: 'written by a test',
    files: Object.fromEntries(files),
    digest: dataSetDigest(Object.fromEntries(files.map(([split, { sha256 }]) => [split, sha256])) as Record<Split, string>)
  }))
}

function example (split: Split, index: number, classes: ReadonlyArray<keyof typeof WORDS>): Example {
  const said = classes[index % classes.length]!
  const label = index % MISLABELLED_EVERY === MISLABELLED_EVERY - 1 ? classes[(index + 1) % classes.length]! : said
  return { id: `${split}-${index}`, text: `${FILLERS[index % FILLERS.length]} ${WORDS[said]} ${split} ${index}`, label, language: 'de' }
}
