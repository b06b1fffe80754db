import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { SPLITS, digestOf, readDataSet } from '../data/data-set.ts'
import { EXIT, PipelineError } from '../step.ts'

/** A message of the topic of inquiries or an example of a data set. A field that is not named here is refused: nobody has said how to make it safe. */
export const RecordSchema = Type.Object({
  id: Type.String({ minLength: 1 }),
  text: Type.String({ minLength: 1 }),
  subject: Type.Optional(Type.String()),
  label: Type.Optional(Type.String()),
  language: Type.Optional(Type.String()),
  locale: Type.Optional(Type.String()),
  style: Type.Optional(Type.String()),
  channel: Type.Optional(Type.String()),
  customer: Type.Optional(Type.String()),
  createdAt: Type.Optional(Type.String())
}, { additionalProperties: false })

export type SourceRecord = Static<typeof RecordSchema> & {
  /** File and line, by which whoever may see the source finds it. */
  readonly row: string
  /** Name of the file that it comes from and goes to. */
  readonly file: string
}

export interface Source {
  readonly records: SourceRecord[]
  readonly files: readonly string[]
  /** What `export.json` says about where the records come from. */
  readonly origin: { readonly name: string, readonly version?: string, readonly digest: string }
}

/** Reads a version of a data set, verified. */
export async function readFromDataSet (directory: string): Promise<Source> {
  const { description: { name, version, digest }, splits } = await readDataSet(directory).catch((cause: unknown) => {
    throw dataError(cause instanceof Error ? cause.message : String(cause), cause)
  })
  const files = SPLITS.map(split => `${split}.jsonl`)
  const records = SPLITS.flatMap(split => splits[split].map((example, index) => ({ ...example, file: `${split}.jsonl`, row: `${join(directory, `${split}.jsonl`)}:${index + 1}` })))
  return { records, files, origin: { name, version, digest } }
}

/**
 * Reads messages, one JSON object a line.
 * @throws {PipelineError} ERR_DATA naming the rows
 */
export async function readFromMessages (path: string): Promise<Source> {
  const content = await readFile(path, 'utf8').catch((cause: unknown) => { throw dataError(`${path} cannot be read`, cause) })
  const file = basename(path)
  const records: SourceRecord[] = []
  const problems: string[] = []
  for (const [index, line] of content.split('\n').entries()) {
    if (!line.trim()) continue
    const row = `${path}:${index + 1}`
    const value = parse(line)
    if (Value.Check(RecordSchema, value)) records.push({ ...value, row, file })
    else problems.push(`${row} ${problemOf(value)}`)
  }
  if (problems.length) throw dataError(`${problems.length} rows are no messages:\n${problems.slice(0, 50).join('\n')}`)
  if (!records.length) throw dataError(`${path} is empty`)
  return { records, files: [file], origin: { name: file, digest: digestOf(content) } }
}

function parse (line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** Names fields, never their contents. */
function problemOf (value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is no JSON object'
  const unknown = Object.keys(value).filter(field => !(field in RecordSchema.properties))
  if (unknown.length) return `has fields that cannot be exported: ${unknown.join(', ')}`
  return `does not fit: ${Value.Errors(RecordSchema, value).map(({ instancePath, message }) => `${instancePath} ${message}`).join(', ')}`
}

export function dataError (message: string, cause?: unknown): PipelineError {
  return new PipelineError('ERR_DATA', message, { exitCode: EXIT.data, cause })
}
