import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { codeVersion } from '../code-version.ts'
import { digestOf } from '../data/data-set.ts'
import { showProgress } from '../progress.ts'
import { type Environment, type Step, parseOptions, usageError } from '../step.ts'
import { type Exported, exportRecords } from './export-records.ts'
import { createPseudonyms, readKey } from './pseudonyms.ts'
import { type Source, readFromDataSet, readFromMessages } from './records.ts'

const HELP = `Usage: npm run pipelines -- export (--data DIR | --messages FILE) --out DIR [options]

Writes a copy of production data for another environment: texts redacted, ids and customers replaced by keyed pseudonyms,
times coarsened, what is rare generalised or left out (docs/data-export.md says what that promises). Refuses, naming the
rows and writing nothing, when personal data remain in any field (exit code 4).

  --data DIR         version of a data set
  --messages FILE    JSON lines: id, text, subject, label, language or locale, channel, customer, createdAt
  --out DIR          new folder to write: the same files and export.json
  --key-file FILE    key of the pseudonyms, 32 characters or more (default: environment variable PSEUDONYM_KEY)
  --k N              persons that must share what is told of one (default 5)
  --created-at TIME  time to record (default now)`

const EXPORT_FILE = 'export.json'

/** `pipelines export` */
export const exportStep: Step = { help: HELP, run: exportData }

async function exportData (args: string[], environment: Environment): Promise<unknown> {
  const values = parseOptions(args, {
    data: { type: 'string' },
    messages: { type: 'string' },
    out: { type: 'string' },
    'key-file': { type: 'string' },
    k: { type: 'string', default: '5' },
    'created-at': { type: 'string', default: new Date().toISOString() }
  })
  const { data, messages, out } = values
  const k = Number(values.k)
  if ((data === undefined) === (messages === undefined)) throw usageError('Either --data or --messages is needed')
  if (!out) throw usageError('--out is needed')
  if (existsSync(out)) throw usageError(`${out} is there already: an export goes to a new folder`)
  if (!Number.isInteger(k) || k < 2) throw usageError('--k must be a whole number from 2 on')
  const pseudonymize = createPseudonyms(await readKey(values['key-file'], environment))
  const source = data !== undefined ? await readFromDataSet(data) : await readFromMessages(messages!)
  const exported = exportRecords(source.records, { k, pseudonymize, onProgress: showProgress('redacting', source.records.length) })
  return await writeExport(out, { source, exported, k, createdAt: values['created-at'] })
}

interface Writing {
  readonly source: Source
  readonly exported: Exported
  readonly k: number
  readonly createdAt: string
}

/** Writes beside the folder and renames: an export is there as a whole or not at all. */
async function writeExport (out: string, { source, exported, k, createdAt }: Writing): Promise<unknown> {
  const staging = join(dirname(resolve(out)), `.export-${process.pid}`)
  await mkdir(staging, { recursive: true })
  try {
    const files: Record<string, { sha256: string, records: number }> = {}
    for (const file of source.files) {
      const lines = exported.rows.filter(row => row.file === file).map(({ record }) => JSON.stringify(record) + '\n')
      const content = lines.join('')
      await writeFile(join(staging, file), content)
      files[file] = { sha256: digestOf(content), records: lines.length }
    }
    const description = {
      createdAt,
      origin: source.origin,
      codeVersion: codeVersion(),
      k,
      records: { in: source.records.length, out: exported.rows.length },
      redacted: exported.redacted,
      levels: exported.levels,
      leftOut: exported.leftOut,
      files,
      digest: digestOf(Object.values(files).map(({ sha256 }) => sha256).join('\n'))
    }
    await writeFile(join(staging, EXPORT_FILE), JSON.stringify(description, null, 2) + '\n')
    await rename(staging, out)
    return { directory: out, ...description }
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}
