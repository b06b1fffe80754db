import Type, { type Static } from 'typebox'
import { readJsonFile } from '../json-file.ts'
import { EXIT, PipelineError } from '../step.ts'
import { OUT_OF_SCOPE } from './data-set.ts'

const TaxonomySchema = Type.Object({
  name: Type.String(),
  version: Type.String(),
  labels: Type.Array(Type.Object({
    id: Type.String({ pattern: '^[a-z0-9_]+$' }),
    group: Type.Optional(Type.String()),
    de: Type.Optional(Type.String()),
    en: Type.Optional(Type.String()),
    description: Type.Optional(Type.String())
  }), { minItems: 2 })
})

/** The labels that a model tells apart, each with its names. */
export type Taxonomy = Static<typeof TaxonomySchema>

/**
 * Reads a taxonomy: `{ name, version, labels: [{ id, group?, de?, en?, description? }] }`; more fields are welcome.
 * @throws {PipelineError} ERR_TAXONOMY
 */
export async function readTaxonomy (path: string): Promise<Taxonomy> {
  return await readJsonFile(path, TaxonomySchema, (problem, cause) => new PipelineError('ERR_TAXONOMY', `${path} ${problem}`, { exitCode: EXIT.data, cause }))
}

/**
 * Makes the look-up from what a label may be called, its id or a name in German or English in any case, to its id.
 * @returns `undefined` for what is no label
 */
export function createLabelLookup ({ labels }: Taxonomy): (value: string) => string | undefined {
  const ids = new Map(labels.flatMap(({ id, de, en }) => [id, de, en].filter(name => name !== undefined).map(name => [key(name), id])))
  ids.set(OUT_OF_SCOPE, OUT_OF_SCOPE)
  return value => ids.get(key(value))
}

function key (name: string): string {
  return name.normalize('NFC').trim().toLowerCase()
}
