import { readFile } from 'node:fs/promises'
import type Type from 'typebox'
import type { Static } from 'typebox'
import Value from 'typebox/value'

/** Makes the error for a file: what is wrong with it, to be said after its path. */
export type Refuse = (problem: string, cause?: unknown) => Error

const MOST_NAMED = 5

/**
 * Reads a JSON file that must fit a schema.
 * @throws what `refuse` makes of a file that cannot be read, is no JSON, or does not fit: then it names the first wrong fields
 */
export async function readJsonFile<Schema extends Type.TSchema> (path: string, schema: Schema, refuse: Refuse): Promise<Static<Schema>> {
  const content = await readFile(path, 'utf8').catch(cause => { throw refuse('cannot be read', cause) })
  const value = parse(content, refuse)
  if (Value.Check(schema, value)) return value
  const problems = Value.Errors(schema, value).slice(0, MOST_NAMED).map(({ instancePath, message }) => `${instancePath || '/'} ${message}`)
  throw refuse(`does not fit: ${problems.join('; ')}`)
}

function parse (content: string, refuse: Refuse): unknown {
  try {
    return JSON.parse(content)
  } catch (cause) {
    throw refuse('is no JSON', cause)
  }
}
