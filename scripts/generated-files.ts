import { asyncApiDocument } from './asyncapi-document.ts'
import { configurationPage, environmentExample } from './documents/configuration.ts'
import { errorsPage } from './documents/errors.ts'
import { openApiDocument } from './openapi-document.ts'

/** Every committed file that is made from code, with what it must hold; a test compares them. */
export async function generatedFiles (): Promise<Record<string, string>> {
  return {
    'openapi/openapi.json': json(await openApiDocument()),
    'openapi/asyncapi.json': json(asyncApiDocument()),
    'docs/configuration.md': configurationPage(),
    'docs/errors.md': errorsPage(),
    '.env.example': environmentExample()
  }
}

function json (document: object): string {
  return JSON.stringify(document, null, 2) + '\n'
}
