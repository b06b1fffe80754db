import t from 'tap'
import type { Classifier } from '../../api/inference/classifier.ts'
import { ServiceError } from '../../api/errors.ts'
import { type Classification, ERRORS, type ErrorCode, MAX_BATCH_SIZE, type Problem } from '../../openapi/index.ts'
import { INQUIRY, LONG_INQUIRY, component, exchange, isProblem, openApi, startService, undocumented, violations } from './service.ts'

const service = await startService(t)
const classify = 'POST /classify'
const classifyBatch = 'POST /classify/batch'
const SECONDS_OF_WORK = { inquiries: Array(MAX_BATCH_SIZE).fill(LONG_INQUIRY) }
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const batch = async (inquiries: unknown[]) => await service.post({ inquiries }, { url: '/classify/batch' })
const fieldsOf = (name: string) => Object.keys(openApi.components.schemas[name]?.properties ?? {}).sort()

t.test('classifies an inquiry as the contract says', async t => {
  const reply = await service.post({ ...INQUIRY, id: 'order/4711:a@b+c_d.e-f' })
  t.equal(reply.statusCode, 200)
  t.same(undocumented(classify, reply), [])
  const body = reply.json<Classification>()
  t.same(Object.keys(body).sort(), fieldsOf('Classification'), 'every field of the contract and no other')
  t.match(body, { id: 'order/4711:a@b+c_d.e-f', decision: 'classified', category: 'tools', reason: null, truncated: false })
  t.same(body.model, { name: service.classifier.manifest.name, version: service.classifier.manifest.version })
  t.equal(body.alternatives.length, 3)
  t.same(body.alternatives[0], { category: body.category, confidence: body.confidence })
})

t.test('says manual, with reason and hints but no category, where it is not sure', async t => {
  const reply = await service.post({ text: 'asdf qwer', locale: 'de-AT' })
  t.same(undocumented(classify, reply), [])
  t.match(reply.json(), { decision: 'manual', category: null, reason: /^(low_confidence|out_of_scope)$/, alternatives: [{ category: String }] })
})

t.test('makes an id where the caller gave none, a new one each time', async t => {
  const ids = [await service.post(INQUIRY), await service.post(INQUIRY)].map(reply => reply.json<Classification>().id)
  t.match(ids[0], UUID)
  t.not(ids[0], ids[1])
})

t.test('gives topK alternatives, best first, and at most all categories', async t => {
  t.equal((await service.post({ ...INQUIRY, topK: 1 })).json<Classification>().alternatives.length, 1)
  const all = (await service.post({ ...INQUIRY, topK: 50 })).json<Classification>().alternatives
  t.same(all.map(({ category }) => category).sort(), service.classifier.manifest.labels.map(({ id }) => id).sort())
  t.same(all, all.toSorted((a, b) => b.confidence - a.confidence))
})

t.test('reads the subject as well', async t => {
  const text = { text: 'Was können Sie mir dazu sagen?' }
  const without = (await service.post(text)).json<Classification>()
  const reply = await service.post({ ...text, subject: 'Akku für meine Bohrmaschine' })
  t.equal(reply.json<Classification>().category, 'tools')
  t.ok(reply.json<Classification>().tokens > without.tokens)
})

t.test('decides alike on composed and decomposed umlauts', async t => {
  const text = 'Für meine Küche suche ich eine höhenverstellbare Spüle, gibt es die größer?'
  const [composed, decomposed] = [await service.post({ text: text.normalize('NFC') }), await service.post({ text: text.normalize('NFD') })]
  const { id, ...decision } = composed.json<Classification>()
  t.match(decomposed.json(), decision)
})

t.test('says when an inquiry was longer than the model reads', async t => {
  const { truncated, tokens } = (await service.post(LONG_INQUIRY)).json<Classification>()
  t.equal(truncated, true)
  t.ok(tokens > service.classifier.manifest.input.maxTokens, 'the length of the whole text')
})

t.test('tells in Server-Timing where the time went', async t => {
  const timing = String((await service.post(INQUIRY)).headers['server-timing'])
  const stages = Object.fromEntries([...timing.matchAll(/(\w+);dur=(\d+\.\d\d)(?:, |$)/g)].map(([, stage, ms]) => [stage, Number(ms)]))
  t.same(Object.keys(stages), ['queue', 'tokenize', 'model', 'total'])
  t.ok(stages.model! > 0)
  t.ok(stages.total! >= stages.queue! + stages.tokenize! + stages.model!)
  t.match((await batch([INQUIRY])).headers['server-timing'], /model;dur=\d/)
})

t.test('answers a batch in order, each id with its own result', async t => {
  const texts = ['Meine Bohrmaschine lädt nicht mehr', 'Welche Wandfarbe deckt am besten?', 'Ich suche einen Rasenmäher für den Garten']
  const inquiries = Array.from({ length: MAX_BATCH_SIZE }, (_, index) => ({ id: `n${index}`, text: texts[index % 3]! }))
  const reply = await batch(inquiries)
  t.same(undocumented(classifyBatch, reply), [])
  const results = reply.json<{ results: Classification[] }>().results
  t.same(results.map(({ id }) => id), inquiries.map(({ id }) => id))
  const alone = await Promise.all(texts.map(async text => (await service.post({ text })).json<Classification>().category))
  t.same(results.map(({ category }) => category), inquiries.map((_, index) => alone[index % 3]), 'as each alone')
  t.equal(new Set(alone).size, 3)
  t.same(Object.keys(results[0]!).sort(), fieldsOf('Classification'), 'every field of the contract and no other')
})

t.test('answers a bad item of a batch with a problem at its place', async t => {
  const items = [
    { id: 'good', ...INQUIRY }, { id: 'blank', text: ' ' }, null, 'text', [INQUIRY], 5, {}, { id: 7, ...INQUIRY },
    { id: 'topK', ...INQUIRY, topK: 0 }, { id: 'not an id!', ...INQUIRY }, { id: 'extra', ...INQUIRY, extra: 1 }, INQUIRY
  ]
  const reply = await batch(items)
  t.equal(reply.statusCode, 200)
  t.same(undocumented(classifyBatch, reply), [])
  const results = reply.json<{ results: Array<Classification & Problem> }>().results
  t.same(results.map(result => result.code ?? result.decision), ['classified', ...Array(10).fill('ERR_INVALID_REQUEST'), 'classified'])
  for (const problem of results.slice(1, -1)) t.same(violations(component('Problem'), problem), [])
  t.same(results.map(({ id }) => id).slice(0, -1), ['good', 'blank', undefined, undefined, undefined, undefined, undefined, undefined, 'topK', undefined, 'extra'])
  t.match(results[8]!.errors, [{ path: '/inquiry/topK', message: 'must be >= 1' }])
  t.match(results[10]!.errors, [{ path: '/inquiry', message: /extra$/ }])
})

t.test('a batch of bad items alone needs no model', async t => {
  const reply = await batch([{}, {}, {}, {}, {}])
  t.same(undocumented(classifyBatch, reply), [])
  t.equal(reply.json<{ results: Problem[] }>().results.length, 5)
})

t.test('refuses a batch that is empty or too large as a whole', async t => {
  for (const size of [0, MAX_BATCH_SIZE + 1, 10_000]) {
    const reply = await batch(Array(size).fill(INQUIRY))
    const { errors } = isProblem(t, reply, 'ERR_INVALID_REQUEST', `${size} items`)
    t.match(errors, [{ path: '/body/inquiries', message: /items$/ }])
  }
})

t.test('refuses with Retry-After what cannot be answered in time', async t => {
  const reply = await service.post(SECONDS_OF_WORK, { url: '/classify/batch', headers: { 'x-request-timeout-ms': '1000' } })
  const { detail } = isProblem(t, reply, 'ERR_DEADLINE_UNREACHABLE')
  t.match(detail, /about \d{4,} ms; \d{1,3} ms are left/)
  t.match(reply.headers['retry-after'], /^[1-9]\d*$/)
})

t.test('a deadline of one millisecond is refused or missed, never answered late', async t => {
  const reply = await service.post(INQUIRY, { headers: { 'x-request-timeout-ms': '1' } })
  isProblem(t, reply, reply.statusCode === 504 ? 'ERR_DEADLINE_EXCEEDED' : 'ERR_DEADLINE_UNREACHABLE')
})

t.test('gives who asks for more time than the maximum the maximum', async t => {
  const hasty = await service.withSettings(t, { MAX_REQUEST_TIMEOUT_MS: '1000' })
  for (const headers of [{ 'x-request-timeout-ms': '999999999' }, {}]) {
    isProblem(t, await hasty.post(SECONDS_OF_WORK, { url: '/classify/batch', headers }), 'ERR_DEADLINE_UNREACHABLE', JSON.stringify(headers))
  }
})

t.test('refuses what does not fit the queue', async t => {
  const narrow = await startService(t, { MAX_QUEUE: '4' })
  const reply = await narrow.post({ inquiries: Array(5).fill(INQUIRY) }, { url: '/classify/batch' })
  isProblem(t, reply, 'ERR_QUEUE_FULL')
  t.match(reply.headers['retry-after'], /^[1-9]\d*$/)
  t.equal((await narrow.post({ inquiries: Array(4).fill(INQUIRY) }, { url: '/classify/batch' })).statusCode, 200)
})

t.test('answers whatever inference throws as documented, and keeps its words to itself', async t => {
  const thrown: Array<[Error, ErrorCode]> = [
    [new ServiceError('ERR_DEADLINE_EXCEEDED'), 'ERR_DEADLINE_EXCEEDED'],
    [new ServiceError('ERR_INFERENCE_FAILED', { cause: new Error('secret cause') }), 'ERR_INFERENCE_FAILED'],
    [new ServiceError('ERR_NOT_READY', { retryAfterMs: 1_500 }), 'ERR_NOT_READY'],
    [new TypeError('secret cause'), 'ERR_INTERNAL']
  ]
  for (const [error, code] of thrown) {
    const { manifest } = service.classifier
    const failing = { manifest, classify: async () => { throw error }, classifyBatch: async () => [{ status: 'rejected', reason: error }] } as unknown as Classifier
    const broken = await service.withSettings(t, {}, failing)
    const reply = await broken.post(INQUIRY)
    isProblem(t, reply, code)
    t.same(undocumented(classify, reply), [])
    t.notMatch(reply.body, /secret/)
    t.equal(reply.headers['retry-after'], code === 'ERR_NOT_READY' ? '2' : undefined)
    const inBatch = await broken.post({ inquiries: [{ id: 'x', ...INQUIRY }] }, { url: '/classify/batch' })
    t.same(undocumented(classifyBatch, inBatch), [])
    t.match(inBatch.json(), { results: [{ id: 'x', code, status: ERRORS[code].status }] })
    const logged = broken.log.entries.filter(({ level }) => level === 50)
    const failures = ERRORS[code].status === 500 ? [reply, inBatch] : []
    t.match(logged, failures.map(({ headers }) => ({ requestId: headers['x-request-id'], code, err: { message: 'secret cause', stack: String } })))
    t.equal(logged.length, failures.length, `${code}: an error in the log only where the service is to blame`)
  }
})

t.test('drops the work of a client that left', async t => {
  const target = await service.withSettings(t, {})
  const port = await target.listen()
  const body = JSON.stringify({ inquiries: Array(12).fill(LONG_INQUIRY) })
  const controller = new AbortController()
  const answer = fetch(`http://127.0.0.1:${port}/classify/batch`, {
    method: 'POST', body, headers: { 'content-type': 'application/json', 'x-request-id': 'left' }, signal: controller.signal
  })
  while (service.classifier.queueDepth === 0) await new Promise(setImmediate)
  controller.abort()
  await t.rejects(answer, { name: 'AbortError' })
  t.match(await target.log.find(({ requestId }) => requestId === 'left'), { status: 499, route: '/classify/batch' }, 'logged as left')
  t.equal(service.classifier.queueDepth, 0, 'nothing of it waits')
  t.match((await target.get('/metrics')).body, /inquiry_inference_dropped_total\{reason="abandoned"\} [1-9]/)
  t.equal((await exchange(port, 'GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).statusCode, 200)
  t.equal((await target.post(INQUIRY)).statusCode, 200)
})
