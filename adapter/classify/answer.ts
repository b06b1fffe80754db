import Type from 'typebox'
import { Compile } from 'typebox/schema'
import { AlternativeSchema, type Classification, ClassificationSchema, ModelReferenceSchema } from '../../openapi/index.ts'

// The references of the contract written out, as the validator looks for them in one document only.
const classifications = Compile(Type.Object({
  ...ClassificationSchema.properties,
  alternatives: Type.Array(AlternativeSchema),
  model: ModelReferenceSchema
}))

/**
 * The classification in a reply, or undefined where the reply breaks the contract: no JSON, a wrong field, a desk that
 * is missing or too many, the answer to another inquiry.
 */
export function readAnswer (body: string, id: string | undefined): Classification | undefined {
  const answer = parseJson(body)
  return classifications.Check(answer) && isConsistent(answer) && (id === undefined || answer.id === id) ? answer : undefined
}

/** The value, or undefined where it is none. */
export function parseJson (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isConsistent ({ decision, category, reason }: Classification): boolean {
  return decision === 'classified' ? category !== null && reason === null : category === null && reason !== null
}
