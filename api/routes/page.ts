import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

/** The page at `/` on which a person tries the service; the build puts it beside the compiled code. */
const PAGE_FOLDER = fileURLToPath(new URL('../web/', import.meta.url))

export async function registerPage (app: FastifyInstance): Promise<void> {
  // Always asked for again (304 when unchanged): after a deployment its files must not be a mix of two versions.
  await app.register(fastifyStatic, { root: PAGE_FOLDER, prefix: '/', wildcard: false, schemaHide: true, index: 'index.html', cacheControl: true, maxAge: 0 })
}
