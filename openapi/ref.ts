import Type, { type Static, type TSchema } from 'typebox'

/** A schema that other schemas point at by its `$id`. */
export type NamedSchema = TSchema & { $id: string }

/**
 * Points at a shared schema by its `$id`, keeping the static type: the OpenAPI document then carries one
 * component and many `$ref`s instead of copies.
 */
export function ref<Schema extends NamedSchema> (schema: Schema) {
  return Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#` })
}

/** Gives a schema its `$id`, kept in the type so that `ref` accepts it. */
export function named<Schema extends TSchema> (id: string, schema: Schema): Schema & { $id: string } {
  return Object.assign(schema, { $id: id })
}
