import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ERRORS, ERROR_CODES, MANUAL_REASONS } from '../../openapi/index.ts'
import { generatedFiles } from '../../scripts/generated-files.ts'
import { openApi, violations } from './service.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const document = openApi as unknown as Json

t.test('every generated file is as the code would make it', async t => {
  for (const [path, content] of Object.entries(await generatedFiles())) {
    t.equal(readFileSync(path, 'utf8'), content, `${path} (else: npm run generate)`)
  }
})

t.test('the error codes are the same in registry, documentation, contract and code', async t => {
  const documented = readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `(ERR_\w+)` \| (\d+) \|/gm)
  t.same(Object.fromEntries([...documented].map(([, code, status]) => [code, Number(status)])), Object.fromEntries(ERROR_CODES.map(code => [code, ERRORS[code].status])), 'docs/errors.md')
  t.same(enumOf('Problem', 'code'), ERROR_CODES, 'the contract')

  // Fastify's own codes begin with FST_; the rest are Node's.
  const foreign = new Set(['ERR_HTTP_REQUEST_TIMEOUT', 'ERR_STREAM_PREMATURE_CLOSE'])
  const used = new Set(sources('api').flatMap(source => [...source.matchAll(/(?<!\w)ERR_[A-Z_]+/g)].map(([code]) => code)).filter(code => !foreign.has(code)))
  t.same([...used].filter(code => !(code in ERRORS)), [], 'every code that the source throws is registered')
  t.same(ERROR_CODES.filter(code => !used.has(code)), [], 'every code that is registered is thrown')
})

t.test('each operation documents each of its statuses with the codes that come with it', async t => {
  for (const [path, methods] of Object.entries(openApi.paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      for (const [status, { description, content }] of Object.entries(responses as Record<string, { description: string, content: object }>)) {
        if (Number(status) < 400) continue
        const codes = [...description.matchAll(/`(ERR_\w+)`/g)].map(([, code]) => code)
        t.same(codes, ERROR_CODES.filter(code => ERRORS[code].status === Number(status)), `${method} ${path} ${status}`)
        t.same(Object.keys(content), ['application/problem+json'], `${method} ${path} ${status}`)
      }
    }
  }
})

t.test('every reference leads somewhere', async t => {
  const references = [...walk(document)].filter(({ key }) => key === '$ref').map(({ value }) => String(value))
  t.ok(references.length > 20)
  t.same(references.filter(reference => resolve(reference) === undefined), [])
  const unused = Object.keys(openApi.components.schemas).filter(name => !references.includes(`#/components/schemas/${name}`))
  t.same(unused, [], 'and every schema is pointed at')
})

t.test('every example is valid', async t => {
  let examples = 0
  for (const { value } of walk(document)) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue
    const { examples: several = [], example, schema } = value
    const described = schema ?? value
    if (typeof described !== 'object' || described === null) continue
    for (const candidate of [...Array.isArray(several) ? several : [], ...example === undefined ? [] : [example]]) {
      examples++
      t.same(violations(described, candidate), [], JSON.stringify(candidate))
    }
  }
  t.ok(examples >= 6, `${examples} of them`)
})

t.test('an inquiry and a batch are closed: what is misspelt is refused, not ignored', async t => {
  for (const name of ['Inquiry', 'InquiryBatch']) t.match(openApi.components.schemas[name], { additionalProperties: false }, name)
})

t.test('every operation has what a generated client needs', async t => {
  const operations = Object.values(openApi.paths).flatMap(methods => Object.values(methods)) as unknown as Array<{ operationId: string, summary: string, tags: string[] }>
  t.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length, 'an id of its own')
  for (const operation of operations) t.match(operation, { operationId: /^[a-z]\w+$/i, summary: /\w/, tags: [/\w/] }, operation.operationId)
})

t.test('the reasons for manual are those of the contract', async t => {
  t.match(JSON.stringify(openApi.components.schemas.Classification), JSON.stringify(MANUAL_REASONS))
})

function * walk (value: Json, key = ''): Generator<{ key: string, value: Json }> {
  yield { key, value }
  if (typeof value !== 'object' || value === null) return
  for (const [name, child] of Object.entries(value)) yield * walk(child, name)
}

function resolve (reference: string): Json | undefined {
  return reference.replace(/^#\//, '').split('/').reduce<Json | undefined>((value, name) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined, document)
}

function enumOf (schema: string, property: string): unknown {
  const { properties } = openApi.components.schemas[schema] as { properties: Record<string, { enum?: string[] }> }
  return properties[property]?.enum
}

function sources (folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts')).map(file => readFileSync(join(folder, file), 'utf8'))
}
