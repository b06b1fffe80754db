import { readFileSync } from 'node:fs'
import t from 'tap'
import { AdapterConfigSchema, readAdapterConfig } from '../../adapter/config.ts'
import { ConfigSchema, readConfig } from '../../api/config.ts'
import { DEAD_LETTERS, ERRORS } from '../../openapi/index.ts'
import { generatedFiles } from '../../scripts/generated-files.ts'

/** That the committed files are what is generated is told by test/api/contract.test.ts. */
const files = await generatedFiles()
const api = Object.keys(ConfigSchema.properties)
const adapter = Object.keys(AdapterConfigSchema.properties)

t.test('what is generated is committed, in its place', async t => {
  t.same(Object.keys(files), ['openapi/openapi.json', 'openapi/asyncapi.json', 'docs/configuration.md', 'docs/errors.md', '.env.example'])
  for (const path of Object.keys(files)) t.ok(readFileSync(path, 'utf8').endsWith('\n'), path)
})

t.test('.env.example changes nothing, in any process', async t => {
  const lines = files['.env.example']!.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  const entries = lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
  const environment = Object.fromEntries(entries)
  t.same(entries.map(([name]) => name).sort(), [...new Set([...api, ...adapter])].sort(), 'each variable once')
  t.same(readConfig(environment), readConfig({}), 'the API')
  t.same(readAdapterConfig(environment), readAdapterConfig({}), 'the adapter')
})

t.test('the page of the configuration has a section for each process, with its variables and their defaults', async t => {
  const page = files['docs/configuration.md']!
  const defaults = (config: object) => Object.entries(config).map(([name, value]) => [name, value === '' ? '' : `\`${String(value)}\``])
  t.same(rows(page, 'API').map(([name, , initial]) => [name, initial]), defaults(readConfig({})))
  t.same(rows(page, 'Kafka adapter').map(([name, , initial]) => [name, initial]), defaults(readAdapterConfig({})))
  for (const name of ['LOG_LEVEL']) t.ok(api.includes(name) && adapter.includes(name), `${name}, which both read, is in both sections`)
  const [, type] = rows(page, 'Kafka adapter').find(([name]) => name === 'KAFKA_SASL_MECHANISM')!
  t.equal(type, 'plain, scram-sha-256, scram-sha-512, oauthbearer', 'a value that means none is no empty word in a list')
})

t.test('the page of the errors has every code, of replies and of dead letters, with what to do', async t => {
  const page = files['docs/errors.md']!
  t.same(rows(page, 'Replies of the API'), Object.entries(ERRORS).map(([code, { status, title, remedy, retriable }]) => [code, String(status), title, remedy, retriable ? 'yes' : 'no']))
  t.same(rows(page, 'Dead letters'), Object.entries(DEAD_LETTERS).map(([code, { title, remedy }]) => [code, title, remedy]))
})

/** The cells of a section's table; of the first one without the marks of code. */
function rows (page: string, section: string): string[][] {
  const [, ...sections] = page.split(/^## /m)
  const text = sections.find(text => text.startsWith(`${section}\n`))!
  const [, , ...lines] = text.split('\n').filter(line => line.startsWith('|'))
  return lines.map(line => line.slice(2, -2).split(' | ')).map(([name = '', ...cells]) => [name.replaceAll('`', ''), ...cells])
}
