import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { type DataSetDescription, DescriptionSchema } from './description.ts'

export type { DataSetDescription } from './description.ts'

/** Stands for "fits no desk" in data sets and as the class of a model that rejects. */
export const OUT_OF_SCOPE = 'out_of_scope'

export const ExampleSchema = Type.Object({
  id: Type.String(),
  text: Type.String({ minLength: 1 }),
  label: Type.String({ description: `A label of the taxonomy, or ${OUT_OF_SCOPE}.` }),
  language: Type.String(),
  style: Type.Optional(Type.String({ description: 'The main trait of the text, for evaluation by slice.' })),
  channel: Type.Optional(Type.String({ description: 'Where it was sent from: app, web, e-mail.' })),
  customer: Type.Optional(Type.String({ description: 'Pseudonym of who wrote it: texts of one customer stay in one split.' })),
  createdAt: Type.Optional(Type.String({ description: 'ISO 8601.' }))
}, { additionalProperties: false })

/** One labelled inquiry. */
export type Example = Static<typeof ExampleSchema>

export const SPLITS = ['train', 'validation', 'test'] as const
export type Split = typeof SPLITS[number]

export const DESCRIPTION_FILE = 'dataset.json'

export interface DataSet {
  readonly description: DataSetDescription
  readonly splits: Record<Split, Example[]>
}

/**
 * Reads a version of a data set: `dataset.json` and one JSON-lines file a split.
 * @throws when a file is not the one that `dataset.json` describes, or a line is no example
 */
export async function readDataSet (directory: string): Promise<DataSet> {
  const description = await readDescription(directory)
  const entries = await Promise.all(SPLITS.map(async split => {
    const path = join(directory, `${split}.jsonl`)
    const content = await readFile(path, 'utf8')
    const sha256 = digestOf(content)
    if (sha256 !== description.files[split]?.sha256) throw new Error(`${path} has SHA-256 ${sha256}, dataset.json says ${description.files[split]?.sha256}`)
    return [split, parseExamples(content, path)] as const
  }))
  return { description, splits: Object.fromEntries(entries) as Record<Split, Example[]> }
}

/**
 * Reads `dataset.json` alone.
 * @throws when it is missing or describes no data set
 */
export async function readDescription (directory: string): Promise<DataSetDescription> {
  const path = join(directory, DESCRIPTION_FILE)
  const description: unknown = JSON.parse(await readFile(path, 'utf8'))
  if (!Value.Check(DescriptionSchema, description)) throw new Error(`${path} describes no data set`)
  return description
}

/**
 * Parses JSON lines.
 * @throws naming file and line of what is no example
 */
export function parseExamples (content: string, path: string): Example[] {
  return content.split('\n').filter(Boolean).map((line, index) => {
    const example: unknown = JSON.parse(line)
    if (!Value.Check(ExampleSchema, example)) throw new Error(`${path}:${index + 1} is no example`)
    return example
  })
}

/** The digest of a data set, from the contents of its splits. */
export function dataSetDigest (sha256BySplit: Record<Split, string>): string {
  return digestOf(SPLITS.map(split => sha256BySplit[split]).join('\n'))
}

export function digestOf (content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
