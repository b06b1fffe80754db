import { ConfigSchema } from '../api/config.ts'
import { ERRORS } from '../openapi/index.ts'
import { openApiDocument } from './openapi-document.ts'

/** Every committed file that is made from code, with what it must hold; a test compares them. */
export async function generatedFiles (): Promise<Record<string, string>> {
  return {
    'openapi/openapi.json': JSON.stringify(await openApiDocument(), null, 2) + '\n',
    'docs/configuration.md': configurationPage(),
    'docs/errors.md': errorsPage(),
    '.env.example': environmentExample()
  }
}

interface Variable { readonly type?: string, readonly enum?: readonly string[], readonly default: unknown, readonly description: string }

const variables = Object.entries(ConfigSchema.properties as unknown as Record<string, Variable>)

function configurationPage (): string {
  const rows = variables.map(([name, { type, enum: values, default: initial, description }]) =>
    `| \`${name}\` | ${values ? values.join(', ') : type} | ${initial === '' ? '' : `\`${String(initial)}\``} | ${description} |`)
  return `# Configuration

Generated from \`api/config.ts\` by \`npm run generate\`. The service reads environment variables and nothing else; an
unusable value stops it at start with a message that names the variable.

| Variable | Type | Default | Meaning |
|---|---|---|---|
${rows.join('\n')}

Fixed limits of a request (in \`openapi/schemas/inquiry.ts\`): see \`maxLength\` and \`maxItems\` in \`openapi/openapi.json\`.
`
}

function errorsPage (): string {
  const rows = Object.entries(ERRORS).map(([code, { status, title, remedy, retriable }]) => `| \`${code}\` | ${status} | ${title} | ${remedy} | ${retriable ? 'yes' : 'no'} |`)
  return `# Errors

Generated from \`openapi/errors.ts\` by \`npm run generate\`; the service shows the same table at \`/errors\`. Every error is a
problem document (RFC 9457, \`application/problem+json\`) with a stable \`code\`; switch on the code, never on text.

| Code | Status | Meaning | What to do | Retry helps |
|---|---|---|---|---|
${rows.join('\n')}
`
}

function environmentExample (): string {
  return variables.map(([name, { default: initial, description }]) => `# ${description}\n${name}=${String(initial)}\n`).join('\n')
}
