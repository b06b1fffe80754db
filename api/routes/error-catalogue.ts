import type { FastifyInstance } from 'fastify'
import { ERRORS } from '../../openapi/index.ts'

/** `GET /errors`: what the `type` of a problem points at, a page that explains each code. */
export function registerErrorCatalogue (app: FastifyInstance): void {
  const rows = Object.entries(ERRORS).map(([code, { status, title, remedy, retriable }]) =>
    `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${title}</td><td>${remedy.replaceAll(/`([^`]+)`/g, '<code>$1</code>').replaceAll(/<key>/g, '&lt;key&gt;')}</td><td>${retriable ? 'yes' : 'no'}</td></tr>`)
  const page = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Errors · inquiry-matching</title><link rel="stylesheet" href="/page.css">
<main><h1>Errors</h1><p>Every error is a problem document (RFC 9457); switch on its <code>code</code>.</p>
<table><thead><tr><th>Code</th><th>Status</th><th>Meaning</th><th>What to do</th><th>Retry helps</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></main></html>
`
  app.get('/errors', { schema: { hide: true } }, async (_request, reply) => {
    reply.type('text/html; charset=utf-8')
    return page
  })
}
