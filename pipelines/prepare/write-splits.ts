import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { type Example, SPLITS, type Split, dataSetDigest } from '../data/data-set.ts'
import type { Provenance } from '../data/description.ts'
import { type Profile, addToProfile, createProfile } from '../data/profile.ts'
import type { Rejected, Row } from './rows.ts'
import type { Spool } from './spool.ts'

export const REJECTED_FILE = 'rejected.jsonl'

/** What was written, as `dataset.json` tells it. */
export interface Written extends Pick<Provenance, 'schema' | 'counts'> {
  readonly files: Record<Split, { sha256: string, examples: number }>
  readonly digest: string
  readonly profile: Profile
}

/** Writes each row's example to the file of its split, in the order of the rows. */
export async function writeSplits (directory: string, rows: ReadonlyArray<Row & { split: Split }>, spool: Spool): Promise<Written> {
  const profile = createProfile()
  const schema: Provenance['schema'] = {}
  const counts: Provenance['counts'] = {}
  const files = {} as Written['files']
  for (const split of SPLITS) {
    const hash = createHash('sha256')
    const file = createWriteStream(join(directory, `${split}.jsonl`))
    const own = rows.filter(row => row.split === split)
    for (const { number, label, language } of own) {
      const line = spool.line(number)
      hash.update(line)
      if (!file.write(line)) await once(file, 'drain')
      const example: Example = JSON.parse(line)
      addToProfile(profile, example)
      for (const field of Object.keys(example)) schema[field] = { type: 'string', examples: (schema[field]?.examples ?? 0) + 1 }
      const byLanguage = (counts[split] ??= {})[label] ??= {}
      byLanguage[language] = (byLanguage[language] ?? 0) + 1
    }
    file.end()
    await finished(file)
    files[split] = { sha256: hash.digest('hex'), examples: own.length }
  }
  const digest = dataSetDigest({ train: files.train.sha256, validation: files.validation.sha256, test: files.test.sha256 })
  return { files, digest, profile, schema, counts: sortedKeys(counts) }
}

/** Writes which rows were left out and why; no text is in it. */
export async function writeRejected (directory: string, rejected: readonly Rejected[]): Promise<void> {
  await writeFile(join(directory, REJECTED_FILE), rejected.map(row => JSON.stringify(row) + '\n').join(''))
}

/** Labels in alphabetical order, languages too. */
function sortedKeys (counts: Provenance['counts']): Provenance['counts'] {
  const sort = <Value>(record: Record<string, Value>) => Object.fromEntries(Object.entries(record).sort(([a], [b]) => a < b ? -1 : 1))
  return Object.fromEntries(Object.entries(counts).map(([split, labels]) => [split, Object.fromEntries(Object.entries(sort(labels)).map(([label, languages]) => [label, sort(languages)]))]))
}
