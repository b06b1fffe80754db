import t from 'tap'
import type { Classifier } from '../../api/inference/classifier.ts'
import { type Categories, ERROR_CODES, type Model, type Readiness } from '../../openapi/index.ts'
import { INQUIRY, isProblem, startService, undocumented } from './service.ts'

const service = await startService(t)
const { manifest } = service.classifier
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

t.test('is alive, whatever the model does', async t => {
  const stuck = await service.withSettings(t, {}, { manifest, workers: { ready: 0, configured: 2 }, queueDepth: 9 } as unknown as Classifier)
  for (const target of [service, stuck]) {
    const reply = await target.get('/health/live')
    t.same(undocumented('GET /health/live', reply), [])
    t.same(reply.json(), { status: 'ok' })
  }
})

t.test('is ready with a warm model, degraded without some workers, not ready without any', async t => {
  const reply = await service.get('/health/ready')
  t.same(undocumented('GET /health/ready', reply), [])
  t.same(reply.json(), { status: 'ready', model: { name: manifest.name, version: manifest.version }, workers: { ready: 1, configured: 1 }, queueDepth: 0 })

  const withWorkers = async (ready: number) => await service.withSettings(t, {}, { manifest, workers: { ready, configured: 2 }, queueDepth: 3 } as unknown as Classifier)
  const degraded = await (await withWorkers(1)).get('/health/ready')
  t.same(undocumented('GET /health/ready', degraded), [])
  t.match(degraded.json<Readiness>(), { status: 'degraded', workers: { ready: 1, configured: 2 }, queueDepth: 3 })
  const none = await (await withWorkers(0)).get('/health/ready')
  isProblem(t, none, 'ERR_NOT_READY')
  t.same(undocumented('GET /health/ready', none), [])
  t.equal(none.headers['retry-after'], '1')
})

t.test('while draining it is not ready, answers what still comes, and ends each connection', async t => {
  const leaving = await service.withSettings(t, {})
  t.equal((await leaving.get('/health/live')).headers.connection, 'keep-alive')
  leaving.serviceState.startDraining()
  const ready = await leaving.get('/health/ready')
  isProblem(t, ready, 'ERR_DRAINING')
  t.same(undocumented('GET /health/ready', ready), [])
  t.equal((await leaving.get('/health/live')).statusCode, 200)
  const answer = await leaving.post(INQUIRY)
  t.match([answer.statusCode, answer.headers.connection], [200, 'close'])

  leaving.serviceState.startClosing()
  for (const [operation, url] of [['POST /classify', '/classify'], ['POST /classify/batch', '/classify/batch']] as const) {
    const refused = await leaving.post(url === '/classify' ? INQUIRY : { inquiries: [INQUIRY] }, { url })
    isProblem(t, refused, 'ERR_DRAINING', operation)
    t.same(undocumented(operation, refused), [])
    t.equal(refused.headers['retry-after'], '1')
  }
})

t.test('lists the categories with their names in each language', async t => {
  const reply = await service.get('/categories')
  t.same(undocumented('GET /categories', reply), [])
  const { categories, taxonomy } = reply.json<Categories>()
  t.same(taxonomy, manifest.taxonomy)
  t.same(categories, manifest.labels, 'all of them, as the manifest has them')
  for (const { id, names } of categories) t.match(names, { de: /\S/, en: /\S/ }, id)
})

t.test('describes the model that answers', async t => {
  const reply = await service.get('/model')
  t.same(undocumented('GET /model', reply), [])
  const { gitCommit, input, ...model } = reply.json<Model>()
  t.match(manifest, model)
  t.match(manifest, { training: { gitCommit }, input })
})

t.test('serves the contract, its documentation, the page and the errors', async t => {
  const contract = await service.get('/openapi.json')
  t.match(contract.headers['content-type'], /^application\/json/)
  t.same(contract.json(), JSON.parse(JSON.stringify(service.app.swagger())))
  t.match((await service.get('/docs')).headers['content-type'], /^text\/html/)
  t.equal((await service.get('/docs/static/swagger-ui.css')).statusCode, 200)
  t.match((await service.get('/')).headers['content-type'], /^text\/html/)
  const errors = await service.get('/errors')
  t.match(errors.headers['content-type'], /^text\/html/)
  t.same(ERROR_CODES.filter(code => !errors.body.includes(`id="${code}"`)), [], 'every code can be pointed at, as `type` does')
  for (const url of ['/health/live', '/categories', '/']) t.equal((await service.app.inject({ method: 'HEAD', url })).statusCode, 200, `HEAD ${url}`)
})

t.test('measures what it does', async t => {
  const name = (line: string) => /^\w+/.exec(line)?.[0]
  const value = async (sample: string) => {
    const line = (await service.get('/metrics')).body.split('\n').find(candidate => candidate.startsWith(`${sample} `))
    return Number(line?.split(' ').at(-1) ?? 0)
  }
  const samples = {
    'inquiry_http_requests_total{route="/classify",method="POST",code="200"}': 1,
    'inquiry_http_requests_total{route="/classify",method="POST",code="400"}': 1,
    'inquiry_http_requests_total{route="unmatched",method="GET",code="404"}': 1,
    'inquiry_http_request_duration_seconds_count{route="/classify"}': 2,
    'inquiry_inference_duration_seconds_count{stage="model"}': 3,
    [`inquiry_predictions_total{category="tools",decision="classified",model_version="${manifest.version}"}`]: 3,
    'inquiry_decisions_total{decision="classified",reason="none"}': 3,
    [`inquiry_prediction_confidence_count{model_version="${manifest.version}"}`]: 3,
    inquiry_input_tokens_count: 3,
    inquiry_unknown_token_ratio_count: 3
  }
  const before = await Promise.all(Object.keys(samples).map(value))
  await service.post(INQUIRY)
  await service.post({ inquiries: [INQUIRY, {}, INQUIRY] }, { url: '/classify/batch' })
  await service.post({})
  await service.get('/secret-path?text=secret')
  const after = await Promise.all(Object.keys(samples).map(value))
  t.same(after.map((count, index) => count - before[index]!), Object.values(samples), Object.keys(samples).join(', '))

  const reply = await service.get('/metrics')
  t.same(undocumented('GET /metrics', reply), [])
  t.match(reply.headers['content-type'], /^text\/plain; version=0\.0\.4/)
  const lines = reply.body.split('\n').filter(line => line && !line.startsWith('#'))
  t.same(lines.filter(line => !/^\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? (-?[\d.e+-]+|nan|\+Inf)$/i.test(line)), [], 'lines as Prometheus reads them')
  t.ok(lines.includes('inquiry_inference_workers 1'))
  t.match(lines.find(line => name(line) === 'inquiry_model_info'), new RegExp(`version="${manifest.version}".*data_digest="${manifest.dataset.digest}".* 1$`))
  t.match(lines.map(name), new Set(['inquiry_inference_queue_depth', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds']))
  t.notMatch(reply.body, /secret|[0-9a-f]{8}-[0-9a-f]{4}-/, 'no label has a path that a caller made up, or an id')
})

t.test('takes the caller\'s request id where it is safe, else makes one', async t => {
  const idFor = async (given?: string) => {
    const reply = await service.post('{', { headers: given === undefined ? {} : { 'x-request-id': given } })
    t.equal(isProblem(t, reply, 'ERR_INVALID_JSON').requestId, reply.headers['x-request-id'])
    return String(reply.headers['x-request-id'])
  }
  for (const id of ['a', 'Az09._-', 'x'.repeat(128)]) t.equal(await idFor(id), id)
  for (const id of ['', 'two words', 'x'.repeat(129), '"},{"level":60', 'a/b', '<b>', 'ä', 'a,b']) t.match(await idFor(id), UUID, `not ${id}`)
  t.not(await idFor(), await idFor(), 'a new one each time')
})

t.test('logs one line a request: what was decided and how long it took', async t => {
  const headers = { 'x-request-id': 'log-one', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
  await service.post({ ...INQUIRY, locale: 'de-AT' }, { headers })
  await service.log.find(({ requestId }) => requestId === 'log-one')
  await service.get('/health/live')
  const lines = service.log.entries.filter(({ requestId }) => requestId === 'log-one')
  t.equal(lines.length, 1)
  const number = (value: unknown) => typeof value === 'number' && value >= 0
  const { ms, tokenizeMs, queueMs, modelMs, postprocessMs, tokens, ...line } = lines[0]!
  t.ok([ms, tokenizeMs, queueMs, modelMs, postprocessMs, tokens].every(number), 'times and tokens')
  t.match(line, {
    level: 30,
    service: 'api',
    msg: 'request',
    route: '/classify',
    method: 'POST',
    status: 200,
    decision: 'classified',
    category: 'tools',
    reason: null,
    locale: 'de-AT',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parentSpanId: 'b7ad6b7169203331'
  })

  await service.post({ inquiries: [INQUIRY, {}] }, { url: '/classify/batch', headers: { ...headers, 'x-request-id': 'log-batch' } })
  t.match(await service.log.find(({ requestId }) => requestId === 'log-batch'), { status: 200, inquiries: 2, failed: 1, traceId: /^0af7/ })
  await service.post({}, { headers: { ...headers, 'x-request-id': 'log-bad' } })
  t.match(await service.log.find(({ requestId }) => requestId === 'log-bad'), { level: 30, status: 400, code: 'ERR_INVALID_REQUEST', traceId: /^0af7/ })
  await service.get('/health/live', { headers: { 'x-request-id': 'log-health' } })
  t.match(await service.log.find(({ requestId }) => requestId === 'log-health'), { level: 20, route: '/health/live', status: 200 }, 'health checks only for who wants to see them')
})

t.test('takes no trace from a header that is none', async t => {
  const headers = ['', 'x', '00-0af7651916cd43dd8448eb211c80319c', '00-00000000000000000000000000000000-b7ad6b7169203331-01', '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', '00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01', 'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01']
  for (const [index, traceparent] of headers.entries()) {
    await service.get('/health/live', { headers: { traceparent, 'x-request-id': `trace-${index}` } })
    const line = await service.log.find(({ requestId }) => requestId === `trace-${index}`)
    t.notOk('traceId' in line || 'parentSpanId' in line, traceparent)
  }
})
