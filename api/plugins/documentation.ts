import { readFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import * as contract from '../../openapi/index.ts'
import * as messages from '../../openapi/schemas/messages.ts'
import { findProjectRoot } from '../project-root.ts'

const DESCRIPTION = `Reads a customer inquiry and decides which desk must answer it.

Errors are problem documents (RFC 9457) with a stable \`code\`. With API keys configured, send
\`Authorization: Bearer <key>\` or \`x-api-key: <key>\`. Every reply bears \`x-request-id\`.`

/** The OpenAPI document, made from the routes' schemas, and Swagger UI at `/docs`. */
export async function registerDocumentation (app: FastifyInstance): Promise<void> {
  for (const [name, schema] of Object.entries(contract)) {
    if (name in messages) continue // of the topics, not of this service
    if (typeof schema === 'object' && '$id' in schema) app.addSchema(schema)
  }
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Inquiry matching', version: packageVersion(), description: DESCRIPTION, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
      tags: [
        { name: 'classification', description: 'Decide on inquiries' },
        { name: 'information', description: 'Categories and model' },
        { name: 'operations', description: 'Health and metrics' }
      ],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'Needed only where keys are configured.' },
          apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'Needed only where keys are configured.' }
        }
      }
    },
    refResolver: { buildLocalReference: (json, _baseUri, _fragment, index) => String(json.$id ?? `def-${index}`) }
  })
  await app.register(swaggerUi, { routePrefix: '/docs', uiConfig: { layout: 'BaseLayout', tryItOutEnabled: true, displayRequestDuration: true } })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}

function packageVersion (): string {
  return JSON.parse(readFileSync(new URL('package.json', findProjectRoot()), 'utf8')).version
}
