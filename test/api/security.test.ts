import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { INQUIRY, isProblem, startService, undocumented } from './service.ts'

const service = await startService(t)
const HEALTH_AND_PAGES = ['/health/live', '/health/ready', '/metrics', '/openapi.json', '/docs', '/docs/json', '/', '/errors']

t.test('with keys, a request must bear one of them', async t => {
  const locked = await service.withSettings(t, { API_KEYS: 'alpha, beta' })
  const asks = async (headers: Record<string, string>) => await locked.post(INQUIRY, { headers })

  for (const key of ['alpha', 'beta']) {
    t.equal((await asks({ authorization: `Bearer ${key}` })).statusCode, 200, `${key} as bearer token`)
    t.equal((await asks({ authorization: `bearer ${key}` })).statusCode, 200, 'the scheme in any case')
    t.equal((await asks({ 'x-api-key': key })).statusCode, 200, `${key} as x-api-key`)
  }
  const wrong: Array<Record<string, string>> = [
    {}, { authorization: 'Bearer gamma' }, { 'x-api-key': 'gamma' }, { 'x-api-key': 'Alpha' }, { 'x-api-key': 'alpha, beta' }, { 'x-api-key': '' },
    { authorization: 'Basic alpha' }, { authorization: 'alpha' }, { authorization: 'Bearer ' }, { 'x-api-key': 'alph' }, { 'x-api-key': 'alpha\u00e9' }
  ]
  for (const headers of wrong) {
    const reply = await asks(headers)
    isProblem(t, reply, 'ERR_UNAUTHENTICATED', JSON.stringify(headers))
    t.equal(reply.headers['www-authenticate'], 'Bearer')
  }
  for (const [operation, url] of [['GET /categories', '/categories'], ['GET /model', '/model'], ['POST /classify', '/classify'], ['POST /classify/batch', '/classify/batch']] as const) {
    const reply = operation.startsWith('GET') ? await locked.get(url) : await locked.post('{', { url })
    isProblem(t, reply, 'ERR_UNAUTHENTICATED', `${operation}, before the body is read`)
    t.same(undocumented(operation, reply), [])
  }
  for (const url of HEALTH_AND_PAGES) t.equal((await locked.get(url)).statusCode, 200, `${url} needs no key`)
  t.notMatch(locked.log.text, /alpha|beta|gamma/, 'no key is logged')
})

t.test('without keys, none is needed and none is wrong', async t => {
  t.equal((await service.post(INQUIRY)).statusCode, 200)
  t.equal((await service.post(INQUIRY, { headers: { 'x-api-key': 'anything' } })).statusCode, 200)
})

t.test('keys of a file rotate without a restart', async t => {
  const file = join(t.testdir({ keys: 'first\n\n second \r\n' }), 'keys')
  const locked = await service.withSettings(t, { API_KEYS: 'fixed', API_KEYS_FILE: file })
  const status = async (key: string) => (await locked.get('/model', { headers: { 'x-api-key': key } })).statusCode
  const reloads = () => locked.log.entries.filter(({ msg }) => String(msg).startsWith('API keys')).length
  const reloaded = async (before: number) => await locked.log.find(() => reloads() > before)
  t.same([await status('first'), await status('second'), await status('fixed'), await status('third')], [200, 200, 200, 401])

  // As an editor, a deployment or a mounted secret does it: a new file takes the place of the old one.
  let before = reloads()
  writeFileSync(`${file}.new`, 'second\nthird\n')
  renameSync(`${file}.new`, file)
  await reloaded(before)
  t.same([await status('first'), await status('second'), await status('fixed'), await status('third')], [401, 200, 200, 200], 'the new one works, the removed one ended')

  before = reloads()
  rmSync(file)
  await reloaded(before)
  t.equal(await status('third'), 200, 'a file that cannot be read takes no keys away')
  t.match(locked.log.entries.filter(({ level }) => level === 50), [{ msg: /previous ones stay/ }], 'and is an error in the log')

  before = reloads()
  writeFileSync(file, '')
  await reloaded(before)
  t.same([await status('third'), await status(''), await status('fixed')], [401, 401, 200], 'an empty file lets nobody in')
  t.notMatch(locked.log.text, /first|second|third|fixed/, 'no key is logged')
})

t.test('a file of keys that is missing at the start is named', async t => {
  await t.rejects(service.withSettings(t, { API_KEYS_FILE: '/nowhere/keys' }), { message: /API_KEYS_FILE.*\/nowhere\/keys/ })
})

t.test('limits the requests of each key', async t => {
  const limited = await service.withSettings(t, { API_KEYS: 'alpha,beta', RATE_LIMIT_PER_MINUTE: '2' })
  const asks = async (key: string) => await limited.post(INQUIRY, { headers: { 'x-api-key': key } })
  t.same([(await asks('alpha')).statusCode, (await asks('alpha')).statusCode], [200, 200])
  const refused = await asks('alpha')
  isProblem(t, refused, 'ERR_RATE_LIMITED')
  t.same(undocumented('POST /classify', refused), [])
  const retryAfter = Number(refused.headers['retry-after'])
  t.ok(retryAfter >= 1 && retryAfter <= 60, 'Retry-After')
  isProblem(t, await limited.get('/model', { headers: { authorization: 'Bearer alpha' } }), 'ERR_RATE_LIMITED', 'the same key on another route')
  t.equal((await asks('beta')).statusCode, 200, 'another key has its own share')
  isProblem(t, await asks('wrong'), 'ERR_UNAUTHENTICATED')
  for (const url of HEALTH_AND_PAGES) t.equal((await limited.get(url)).statusCode, 200, `${url} is not limited`)
})

t.test('limits the requests of each address where there are no keys', async t => {
  const limited = await service.withSettings(t, { RATE_LIMIT_PER_MINUTE: '1' })
  const asks = async (remoteAddress: string, headers = {}) => (await limited.post(INQUIRY, { remoteAddress, headers })).statusCode
  t.equal(await asks('192.0.2.1'), 200)
  t.equal(await asks('192.0.2.1'), 429)
  t.equal(await asks('192.0.2.1', { 'x-api-key': 'made up' }), 429, 'a made-up key is no way around')
  t.equal(await asks('192.0.2.1', { 'x-forwarded-for': '192.0.2.9' }), 429, 'nor is a made-up address')
  t.equal(await asks('192.0.2.2'), 200)

  const proxied = await service.withSettings(t, { RATE_LIMIT_PER_MINUTE: '1', TRUST_PROXY: 'true' })
  const asksVia = async (client: string) => (await proxied.post(INQUIRY, { remoteAddress: '192.0.2.1', headers: { 'x-forwarded-for': client } })).statusCode
  t.same([await asksVia('198.51.100.1'), await asksVia('198.51.100.2'), await asksVia('198.51.100.1')], [200, 200, 429], 'behind a trusted proxy each client counts')
})

t.test('every reply bears security headers and none says what it runs on', async t => {
  const replies = {
    answer: await service.post(INQUIRY),
    problem: await service.post('{'),
    'unknown path': await service.get('/nope'),
    page: await service.get('/'),
    documentation: await service.get('/docs')
  }
  for (const [name, { headers }] of Object.entries(replies)) {
    t.match(headers, {
      'x-content-type-options': 'nosniff',
      'x-frame-options': /^(DENY|SAMEORIGIN)$/,
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': /default-src.*frame-ancestors/
    }, name)
    t.notOk(headers['x-powered-by'] ?? headers.server, name)
  }
})

t.test('pages of other origins may not call, unless they are configured', async t => {
  const crossOrigin = ['access-control-allow-origin', 'access-control-allow-methods', 'access-control-allow-headers', 'access-control-allow-credentials']
  const granted = (headers: Record<string, unknown>) => crossOrigin.filter(name => name in headers)
  const asks = async (target: typeof service, origin: string, body: unknown = INQUIRY) => await target.post(body, { headers: { origin } })
  const preflight = async (target: typeof service, origin: string) => await target.app.inject({
    method: 'OPTIONS', url: '/classify', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,x-api-key' }
  })

  t.same(granted((await asks(service, 'https://app.example')).headers), [], 'by default none')
  const refused = await preflight(service, 'https://app.example')
  isProblem(t, refused, 'ERR_METHOD_NOT_ALLOWED', 'preflight')
  t.same(granted(refused.headers), [])

  const open = await service.withSettings(t, { CORS_ORIGINS: 'https://app.example, https://other.example', API_KEYS: 'alpha' })
  for (const origin of ['https://app.example', 'https://other.example']) {
    const { statusCode, headers } = await preflight(open, origin)
    t.equal(statusCode, 204, 'the preflight needs no key')
    t.match(headers, { 'access-control-allow-origin': origin, 'access-control-allow-methods': 'GET, POST', 'access-control-allow-headers': 'content-type,x-api-key', vary: /Origin/ })
  }
  const problem = await asks(open, 'https://app.example')
  isProblem(t, problem, 'ERR_UNAUTHENTICATED')
  t.match(problem.headers, { 'access-control-allow-origin': 'https://app.example', 'access-control-expose-headers': /x-request-id.*retry-after/ }, 'the page may read an error, too')
  for (const origin of ['https://evil.example', 'http://app.example', 'https://app.example.evil.example', 'null']) {
    t.notOk((await asks(open, origin)).headers['access-control-allow-origin'], origin)
    t.notOk((await preflight(open, origin)).headers['access-control-allow-origin'], `${origin}, preflight`)
  }
})
