import * as contract from '../../openapi/index.ts'
import * as messages from '../../openapi/schemas/messages.ts'

/**
 * The schemas of `openapi/schemas/messages.ts` and those that they point at, by name, as the components of a document:
 * without `$id`s, and with references into the document.
 */
export function messageSchemas (): Record<string, object> {
  const schemas = new Map<string, contract.NamedSchema>()
  for (const schema of Object.values<unknown>(messages).filter(isNamedSchema)) collect(schema, schemas)
  return Object.fromEntries([...schemas].map(([name, schema]) => [name, portable(schema)]))
}

const named = new Map(Object.values<unknown>(contract).filter(isNamedSchema).map(schema => [schema.$id, schema]))

function collect (schema: contract.NamedSchema, schemas: Map<string, contract.NamedSchema>): void {
  if (schemas.has(schema.$id)) return
  schemas.set(schema.$id, schema)
  for (const [, name] of JSON.stringify(schema).matchAll(/"\$ref":"([^"#]+)#"/g)) collect(named.get(name!)!, schemas)
}

function portable (schema: object): object {
  return JSON.parse(JSON.stringify(schema, (key, value) => {
    if (key === '$id') return undefined
    return key === '$ref' ? `#/components/schemas/${String(value).replace(/#$/, '')}` : value
  }))
}

function isNamedSchema (value: unknown): value is contract.NamedSchema {
  return typeof value === 'object' && value !== null && '$id' in value
}
