import { connect } from 'node:net'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import type { ErrorCode } from '../../openapi/index.ts'
import { INQUIRY, type Reply, exchange, isProblem, startService, undocumented } from './service.ts'

/** Stands for a customer's words: it goes into every request here and may come out of none. */
const MARKER = 'Geheimwort'
const BODY_LIMIT = 1_048_576

const service = await startService(t, { BODY_TIMEOUT_MS: '300' })
const port = await service.listen()

/** What came back of all requests of this file, without what a caller put into the path. */
const replies: string[] = []

/** Asserts a problem, and that the service goes on as before. */
async function isRefused (t: Test, reply: Reply, code: ErrorCode, name: string): Promise<void> {
  replies.push(reply.body, JSON.stringify(reply.headers))
  isProblem(t, reply, code, name)
  const next = await service.post(INQUIRY)
  t.equal(next.statusCode, 200, `${name}: the next request is served`)
}

const raw = (requestLine: string, headers: Record<string, string>, body: string | Buffer = '') => Buffer.concat([
  Buffer.from([requestLine, ...Object.entries({ host: 'test', connection: 'close', ...headers }).map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n')),
  Buffer.from(body)
])
const json = { 'content-type': 'application/json' }

t.test('refuses a body that is no inquiry, and names the fields', async t => {
  const text = `${MARKER} sucht einen Akku`
  const nested = `{"text":${'['.repeat(200_000)}"${MARKER}"${']'.repeat(200_000)}}`
  const cases: Array<[name: string, body: unknown, paths: string[]]> = [
    ['no text', { subject: MARKER }, ['/body']],
    ['empty text', { text: '', subject: MARKER }, ['/body/text', '/body/text']],
    ['blank text', { text: ' \t\r\n\u00a0\u2003', subject: MARKER }, ['/body/text']],
    ['byte order mark alone', { text: '\ufeff', subject: MARKER }, ['/body/text']],
    ['NUL alone', { text: '\u0000', subject: MARKER }, ['/body/text']],
    ['10,001 characters', { text: MARKER.padEnd(10_001, 'ä') }, ['/body/text']],
    ['10,001 emoji', { text: MARKER + '😀'.repeat(10_001 - MARKER.length) }, ['/body/text']],
    ['long subject', { text, subject: MARKER.repeat(51) }, ['/body/subject']],
    ['wrong types', { id: [MARKER], text: { MARKER }, subject: 5, locale: MARKER, topK: '5' }, ['/body/id', '/body/text', '/body/subject', '/body/locale', '/body/topK']],
    ['id with spaces', { text, id: text }, ['/body/id']],
    ['long id', { text, id: MARKER.repeat(13) }, ['/body/id']],
    ['topK out of range', { text, topK: 51 }, ['/body/topK']],
    ['topK no integer', { text, topK: 1.5 }, ['/body/topK']],
    ['unknown field', { text, kunde: MARKER }, ['/body']],
    ['field named by a customer', { text, [`${MARKER} hat eine Frage`]: 1 }, ['/body']],
    ['null', null, ['/body']],
    ['array', [text], ['/body']],
    ['string', JSON.stringify(text), ['/body']],
    ['number', 5, ['/body']],
    ['batch of one inquiry', { inquiries: [{ text }] }, ['/body', '/body']],
    ['deeply nested', nested, ['/body/text']]
  ]
  for (const [name, body, paths] of cases) {
    const reply = await service.post(body)
    await isRefused(t, reply, 'ERR_INVALID_REQUEST', name)
    t.same(undocumented('POST /classify', reply), [], name)
    t.same(reply.json<{ errors: Array<{ path: string }> }>().errors.map(({ path }) => path), paths, `${name}: the fields`)
  }
  t.match((await service.post({ text, kunde: MARKER })).json(), { errors: [{ message: 'must NOT have additional properties: kunde' }] }, 'an unknown field is named')
  const crowd = await service.post(Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`field${index}`, MARKER])))
  t.equal(crowd.json<{ errors: unknown[] }>().errors.length, 20, 'not more fields are named than anybody reads')
})

t.test('refuses a batch that is none', async t => {
  for (const [name, body] of Object.entries({ inquiry: { text: MARKER }, object: { inquiries: { text: MARKER } }, extra: { inquiries: [INQUIRY], note: MARKER } })) {
    const reply = await service.post(body, { url: '/classify/batch' })
    await isRefused(t, reply, 'ERR_INVALID_REQUEST', name)
    t.same(undocumented('POST /classify/batch', reply), [], name)
  }
})

t.test('answers any text that has something to read, and gives nothing of it back', async t => {
  const texts = {
    'zero-width characters': '\u200b\u200d\u2060',
    'byte order mark before the text': `\ufeff${MARKER}`,
    'NUL within the text': `${MARKER}\u0000 fragt`,
    'a lone high surrogate': `${MARKER} \ud83d`,
    'a lone low surrogate': `\ude00 ${MARKER}`,
    emoji: `${MARKER} 😀👩‍👩‍👧🏳️‍🌈`,
    'right to left': `أين طردي؟ ${MARKER}`,
    'direction override': `\u202e${MARKER}`,
    'stacked marks': `${MARKER} Z${'\u0335'.repeat(2_000)}`,
    noncharacter: `${MARKER}\uffff`,
    'markup and escapes': `<script>${MARKER}</script> "'; DROP TABLE -- \${jndi:x} %s \\u0000`,
    'a text named like a property of every object': `__proto__ constructor ${MARKER}`,
    '10,000 characters': MARKER.padEnd(10_000, 'ä')
  }
  for (const [name, text] of Object.entries(texts)) {
    const reply = await service.post({ text })
    t.equal(reply.statusCode, 200, name)
    t.same(undocumented('POST /classify', reply), [], name)
    replies.push(reply.body)
  }
})

t.test('refuses a body that is no JSON', async t => {
  const bodies: Record<string, string | Buffer> = {
    'cut short': `{"text":"${MARKER}`,
    unquoted: `{text: ${MARKER}}`,
    'two values': `{"text":"${MARKER}"}{"text":"${MARKER}"}`,
    'form data': `text=${MARKER}`,
    empty: '',
    'byte order mark alone': '\ufeff',
    'not UTF-8': Buffer.from(`{"text":"${MARKER} für"}`, 'latin1'),
    'UTF-16': Buffer.from(`{"text":"${MARKER}"}`, 'utf16le')
  }
  for (const [name, body] of Object.entries(bodies)) {
    const reply = await service.post(body)
    await isRefused(t, reply, 'ERR_INVALID_JSON', name)
    t.same(undocumented('POST /classify', reply), [], name)
  }
  t.equal((await service.post(`\ufeff${JSON.stringify(INQUIRY)}`)).statusCode, 200, 'a byte order mark before JSON does no harm')
})

t.test('refuses keys that would reach into prototypes as unknown fields, in a batch only the item that has one', async t => {
  for (const key of ['"__proto__":{"topK":5}', '"__proto__":false', '"constructor":{"prototype":{}}']) {
    const item = `{"text":"${MARKER}",${key}}`
    const reply = await service.post(item)
    await isRefused(t, reply, 'ERR_INVALID_REQUEST', key)
    t.match(reply.json(), { errors: [{ message: /^must NOT have additional properties/ }] }, key)
    const batch = await service.app.inject({
      method: 'POST', url: '/classify/batch', payload: `{"inquiries":[${item},${JSON.stringify(INQUIRY)}]}`, headers: { 'content-type': 'application/json' }
    })
    t.equal(batch.statusCode, 200, key)
    t.match(batch.json(), { results: [{ code: 'ERR_INVALID_REQUEST' }, { decision: /^(classified|manual)$/ }] }, key)
  }
})

t.test('refuses what is not called JSON', async t => {
  for (const type of [undefined, 'text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonx', MARKER]) {
    const reply = await service.app.inject({ method: 'POST', url: '/classify', payload: JSON.stringify({ text: MARKER }), headers: type ? { 'content-type': type } : {} })
    await isRefused(t, reply, 'ERR_UNSUPPORTED_MEDIA_TYPE', String(type))
    t.same(undocumented('POST /classify', reply), [], String(type))
  }
  t.equal((await service.post(INQUIRY, { headers: { 'content-type': 'Application/JSON; charset=utf-8' } })).statusCode, 200)
})

t.test('refuses a body above the limit, announced or not', async t => {
  const text = MARKER.repeat(BODY_LIMIT / MARKER.length + 1)
  const reply = await service.post({ text })
  await isRefused(t, reply, 'ERR_BODY_TOO_LARGE', 'with content-length')
  t.same(undocumented('POST /classify', reply), [])
  const chunk = MARKER.repeat(1_000)
  const chunks = `${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(Math.ceil(BODY_LIMIT / chunk.length) + 1)
  const chunked = await exchange(port, raw('POST /classify HTTP/1.1', { ...json, 'transfer-encoding': 'chunked' }, chunks))
  await isRefused(t, chunked, 'ERR_BODY_TOO_LARGE', 'chunked')
})

t.test('refuses a deadline that is no number of milliseconds', async t => {
  for (const value of ['0', '-5', '1.5', '1e3', '', ' ', 'soon', '9999999999', '5, 5', MARKER]) {
    const reply = await service.post({ text: MARKER }, { headers: { 'x-request-timeout-ms': value } })
    await isRefused(t, reply, 'ERR_INVALID_REQUEST', `"${value}"`)
    t.match(reply.json(), { errors: [{ path: '/headers/x-request-timeout-ms' }] })
  }
})

t.test('answers another method with 405 and the ones allowed, whatever the body', async t => {
  const cases: Array<[method: 'GET' | 'PUT' | 'DELETE' | 'PATCH' | 'OPTIONS' | 'POST' | 'TRACE', url: string, allow: string]> = [
    ['GET', '/classify', 'POST'], ['PUT', '/classify', 'POST'], ['DELETE', `/classify/batch?q=${MARKER}`, 'POST'], ['OPTIONS', '/classify', 'POST'],
    ['TRACE', '/classify', 'POST'], ['POST', '/categories', 'GET, HEAD'], ['PATCH', '/health/live', 'GET, HEAD'], ['POST', '/metrics', 'GET, HEAD']
  ]
  for (const [method, url, allow] of cases) {
    const hasBody = method === 'PUT' || method === 'POST' || method === 'PATCH'
    const reply = await service.app.inject({ method: method as 'GET', url, ...(hasBody && { payload: `{${MARKER}`, headers: json }) })
    await isRefused(t, reply, 'ERR_METHOD_NOT_ALLOWED', `${method} ${url}`)
    t.equal(reply.headers.allow, allow)
  }
})

t.test('answers an unknown path with 404, also one that cannot be decoded', async t => {
  for (const url of ['/nope', '/classify/', '/Classify', '/classify/batch/1', `/x?q=${MARKER}`, '/%zz', '/classify%', '/%ff', '/%00', '//', '/..%2fetc/passwd', '/docs/static/%zz', '/docs/static/..%2f..%2fpackage.json']) {
    if (!url.startsWith('/docs')) await isRefused(t, await service.post(`{${MARKER}`, { url }), 'ERR_NOT_FOUND', url)
    const viaSocket = await exchange(port, raw(`GET ${url} HTTP/1.1`, {}))
    await isRefused(t, viaSocket, 'ERR_NOT_FOUND', `${url} over a socket`)
    t.equal(viaSocket.headers['x-content-type-options'], 'nosniff', 'with the headers of any reply')
  }
})

t.test('refuses absurd headers', async t => {
  await isRefused(t, await exchange(port, raw('POST /classify HTTP/1.1', { 'x-text': MARKER.repeat(2_000) })), 'ERR_HEADERS_TOO_LARGE', 'one large header')
  await isRefused(t, await exchange(port, raw(`GET /?q=${MARKER.repeat(2_000)} HTTP/1.1`, {})), 'ERR_HEADERS_TOO_LARGE', 'a long path')
  const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`x-${index}`, MARKER]))
  await isRefused(t, await exchange(port, raw('GET /health/live HTTP/1.1', many)), 'ERR_HEADERS_TOO_LARGE', 'many headers')
})

t.test('refuses what is no HTTP', async t => {
  const requests = {
    garbage: `${MARKER}\r\n\r\n`,
    'a control character in a header': `GET / HTTP/1.1\r\nhost: x\r\nx-text: ${MARKER}\u0001\r\n\r\n`,
    'two lengths': raw('POST /classify HTTP/1.1', { ...json, 'content-length': '5', 'transfer-encoding': 'chunked' }, `5\r\n${MARKER.slice(0, 5)}\r\n0\r\n\r\n`),
    'a length that is none': raw('POST /classify HTTP/1.1', { ...json, 'content-length': MARKER }),
    'a chunk size that is none': raw('POST /classify HTTP/1.1', { ...json, 'transfer-encoding': 'chunked' }, `${MARKER}\r\n`)
  }
  for (const [name, request] of Object.entries(requests)) await isRefused(t, await exchange(port, request), 'ERR_INVALID_REQUEST', name)
})

t.test('gives up on a client that is too slow, and cuts its connection though it goes on sending', async t => {
  const half = raw('POST /classify HTTP/1.1', { ...json, 'x-request-id': 'slow', 'content-length': '500' }, `{"text":"${MARKER}`)
  const [halfBody, halfHeaders] = await Promise.all([
    exchange(port, half), exchange(port, 'POST /classify HTTP/1.1\r\nhost: x\r\ncontent-ty'), goOnSending(half)
  ])
  await isRefused(t, halfBody, 'ERR_REQUEST_TIMEOUT', 'half a body')
  t.equal(halfBody.headers['x-request-id'], 'slow')
  t.match(await service.log.find(({ requestId }) => requestId === 'slow'), { route: '/classify', status: 408, code: 'ERR_REQUEST_TIMEOUT' })
  await isRefused(t, halfHeaders, 'ERR_REQUEST_TIMEOUT', 'half the headers')
})

/** Sends on after the service has answered and closed its side; resolves when the connection is cut. */
async function goOnSending (bytes: Buffer): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {}) // it is cut
  socket.resume().write(bytes)
  await once(socket, 'end')
  const trickle = setInterval(() => socket.write(MARKER), 50)
  await new Promise(resolve => socket.once('close', resolve))
  clearInterval(trickle)
}

t.test('does without a client that leaves in the middle of its request', async t => {
  for (const [id, leave] of [['reset', 'resetAndDestroy'], ['gone', 'destroy']] as const) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(raw('POST /classify HTTP/1.1', { ...json, 'x-request-id': id, 'content-length': '500', expect: '100-continue' }, `{"text":"${MARKER}`))
    await once(socket, 'data') // "100 Continue": the service has the request and waits for the rest
    socket[leave]()
    t.match(await service.log.find(({ requestId }) => requestId === id), { route: '/classify', level: 30 }, `${id}: one line, and no error of the service`)
    t.equal((await service.post(INQUIRY)).statusCode, 200)
  }
})

t.test('nothing of what customers wrote is in a log line, a reply or a metric', async t => {
  const metrics = (await service.get('/metrics')).body
  t.match(metrics, /inquiry_http_requests_total\{route="\/classify",method="POST",code="400"\} \d\d/, 'the requests were counted')
  t.ok(service.log.entries.length > 100, 'and logged')
  for (const [place, content] of Object.entries({ log: service.log.text, metrics, replies: replies.join('\n') })) {
    t.notMatch(content, new RegExp(MARKER, 'i'), place)
  }
  t.same(service.log.entries.filter(({ level }) => Number(level) >= 40), [], 'and none of it was a warning or an error of the service')
})
