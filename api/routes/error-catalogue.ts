import type { FastifyInstance } from 'fastify'
import { ERRORS } from '../../openapi/index.ts'

/** `GET /errors`: what the `type` of a problem points at, a page that explains each code. */
export function registerErrorCatalogue (app: FastifyInstance): void {
  const rows = Object.entries(ERRORS).map(([code, { status, title, remedy, retriable }]) =>
    `<tr id="${code}"><th scope="row"><code>${code}</code></th><td>${status}</td><td>${toHtml(title)}</td><td>${toHtml(remedy)}</td><td>${retriable ? 'yes' : 'no'}</td></tr>`)
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Errors · Inquiry matching</title>
<link rel="icon" href="/favicon.svg">
<link rel="stylesheet" href="/page.css">
</head>
<body>
<header><img src="/favicon.svg" alt="" width="40" height="40"><h1>Errors</h1><nav><a href="/">Inquiry matching</a></nav></header>
<main>
<p class="intro">Every error is a problem document (RFC 9457); switch on its <code>code</code>, never on its text.</p>
<div class="card table" role="region" aria-label="Error codes" tabindex="0">
<table>
<thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">Meaning</th><th scope="col">What to do</th><th scope="col">Retry helps</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</div>
</main>
</body>
</html>
`
  app.get('/errors', { schema: { hide: true } }, async (_request, reply) => {
    reply.type('text/html; charset=utf-8')
    return page
  })
}

/** Text of the registry as HTML: what stands in backticks becomes code. */
function toHtml (text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll(/`([^`]+)`/g, '<code>$1</code>')
}
