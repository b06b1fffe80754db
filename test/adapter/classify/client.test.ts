import { getEventListeners, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createClassifyClient } from '../../../adapter/classify/client.ts'
import { FakeApi, TIMEOUT, UNAVAILABLE, answer, bare, classification, clientOf, farOff, hang, inTurn, inquiry, problem, slow, timed } from './fake-api.ts'

/** How long after its deadline a call may end, beyond the time that this process was held up. */
const TOLERANCE_MS = 30

t.test('asks for one inquiry and gives the answer', async t => {
  const api = await FakeApi.start(t)
  const observed: string[] = []
  const client = clientOf(t, api, { url: `${api.url}?tenant=1`, apiKey: 'secret', observe: ({ outcome, seconds }) => observed.push(`${outcome} ${seconds > 0 && seconds < 10}`) })
  const traceHeaders = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', tracestate: 'a=1', other: 'x' }
  const outcome = await client.classify({ ...inquiry(), subject: 'Akku', locale: 'de-DE', topK: 50 }, { deadline: Date.now() + 5_000, traceHeaders })

  t.same(outcome, { kind: 'answer', answer: classification('a1b2') })
  const [request] = api.take()
  t.match(request, { method: 'POST', url: '/classify?tenant=1' })
  t.same(request!.inquiry, { ...inquiry(), subject: 'Akku', locale: 'de-DE' }, 'topK is the API\'s default')
  const { 'x-request-timeout-ms': timeout, ...headers } = request!.headers
  t.match(headers, { 'content-type': 'application/json', authorization: 'Bearer secret', traceparent: traceHeaders.traceparent, tracestate: 'a=1', other: undefined })
  t.ok(Number(timeout) > 4_000 && Number(timeout) <= 5_000, 'the API is told the time left')
  t.same(observed, ['ok true'])

  await client.classify({ text: 'no id' }, { deadline: Date.now() + 86_400_000 * 30, traceHeaders: { tracestate: 'x\ny', traceparent: 'ü' } })
  const [second] = api.take()
  t.match(second!.headers, { 'x-request-timeout-ms': '999999999', traceparent: undefined, tracestate: undefined }, 'within what the API takes')
  t.ok((await client.classify(inquiry(), { deadline: farOff() })).kind === 'answer' && api.take()[0]!.before > 0, 'connections are kept')
  t.throws(() => createClassifyClient({ url: 'nowhere', attempts: 1, lateGraceMs: 0, breaker: { errorPercent: 0, resetMs: 1 }, connections: 1 }), TypeError)
})

t.test('settles at the deadline while the API hangs, and leaves', async t => {
  const api = await FakeApi.start(t)
  const client = clientOf(t, api, { connections: 40 })
  const many = async (ask: (id: string, index: number) => Promise<unknown>): Promise<unknown[]> => await Promise.all(Array.from({ length: 40 }, async (_, index) => await ask(`id-${index}`, index)))
  await many(async id => await client.classify(inquiry(id), { deadline: farOff() })) // connected, compiled
  api.take()
  api.behaviour = hang()
  const left: unknown[] = []
  api.on('left', id => left.push(id))
  const misses: number[] = []
  const outcomes = await many(async (id, index) => {
    const deadline = Date.now() + 300 + 10 * index
    const heldUp = new Promise<number>(resolve => setTimeout(() => resolve(Date.now()), deadline - Date.now()))
    const outcome = await client.classify(inquiry(id), { deadline })
    const at = Date.now()
    misses.push(at < deadline ? -Infinity : at - Math.max(deadline, await heldUp))
    return outcome
  })
  t.same(outcomes, Array(40).fill(TIMEOUT))
  misses.sort((a, b) => a - b)
  t.ok(misses[0]! > -Infinity, 'never before the deadline')
  t.ok(misses[36]! <= TOLERANCE_MS, `nor much after it: ${misses.join()}`)
  while (left.length < 40) await once(api, 'left')
  t.equal(api.take().length, 40)

  t.same(await client.classify(inquiry(), { deadline: Date.now() }), TIMEOUT)
  t.same(api.take(), [], 'one that is over is not asked about')
})

t.test('settles at the deadline in the middle of a reply', async t => {
  const api = await FakeApi.start(t)
  api.behaviour = response => response.writeHead(200, { 'content-type': 'application/json' }).write('{"id":')
  const { value, ms } = await timed(clientOf(t, api).classify(inquiry(), { deadline: Date.now() + 150 }))
  t.same(value, TIMEOUT)
  t.ok(ms >= 149, 'not earlier')
})

t.test('takes no reply for an answer that breaks the contract', async t => {
  const api = await FakeApi.start(t)
  const told: unknown[] = []
  const client = clientOf(t, api, { onMisconfigured: problem => told.push(problem) })
  const replies = [
    bare(200, 'hello'), bare(200, '{"id":"a1b2"'), bare(200, 'null'), bare(200, ''), bare(204, ''),
    answer({ id: 'other' }), answer({ category: undefined }), answer({ category: null }), answer({ decision: 'manual' }),
    answer({ decision: 'manual', category: null }), answer({ confidence: 2 }), answer({ alternatives: [{ category: 'garden' }] }), answer({ model: {} })
  ]
  for (const reply of replies) {
    api.behaviour = reply
    t.same(await client.classify(inquiry(), { deadline: farOff() }), UNAVAILABLE)
  }
  t.equal(api.take().length, replies.length, 'none is asked for again')
  t.same(told, [{ status: 200, code: undefined }], 'told once, not each time')

  api.behaviour = answer({ decision: 'manual', category: null, reason: 'out_of_scope', alternatives: [], more: 1 })
  t.match(await client.classify(inquiry(), { deadline: farOff() }), { kind: 'answer', answer: { decision: 'manual', reason: 'out_of_scope' } }, 'fields to come are no breach')
  api.behaviour = bare(200, ' '.repeat(1_200_000))
  t.same(await client.classify(inquiry(), { deadline: farOff() }), UNAVAILABLE, 'nor is it read without end')
})

t.test('tells an inquiry that is wrong from an API that is', async t => {
  const api = await FakeApi.start(t)
  const told: unknown[] = []
  const ask = async (): Promise<unknown> => await clientOf(t, api, { onMisconfigured: problem => told.push(problem) }).classify(inquiry(), { deadline: farOff() })
  const refused = [
    [problem('ERR_INVALID_REQUEST'), 'ERR_INVALID_REQUEST'], [problem('ERR_INVALID_JSON'), 'ERR_INVALID_JSON'],
    [problem('ERR_BODY_TOO_LARGE'), 'ERR_BODY_TOO_LARGE'], [bare(413), 'HTTP_413'], [problem('ERR_HEADERS_TOO_LARGE'), 'ERR_HEADERS_TOO_LARGE']
  ] as const
  for (const [behaviour, code] of refused) {
    api.behaviour = behaviour
    t.same(await ask(), { kind: 'refused', code })
  }
  t.same(told, [])

  const misconfigured = [
    problem('ERR_UNAUTHENTICATED'), bare(403), problem('ERR_NOT_FOUND'), problem('ERR_METHOD_NOT_ALLOWED'),
    problem('ERR_UNSUPPORTED_MEDIA_TYPE'), bare(400), bare(302, '', { location: '/' }), bare(404, '{"code":"toString"}')
  ]
  for (const behaviour of misconfigured) {
    api.behaviour = behaviour
    t.same(await ask(), UNAVAILABLE)
  }
  t.match(told, [{ status: 401, code: 'ERR_UNAUTHENTICATED' }, { status: 403, code: undefined }, { status: 404 }, { status: 405 }, { status: 415 }, { status: 400 }, { status: 302 }, { status: 404, code: undefined }])
  t.equal(api.take().length, refused.length + misconfigured.length, 'none of them is tried again')
})

t.test('hands on an answer that comes after the deadline', async t => {
  const api = await FakeApi.start(t)
  api.behaviour = slow(700)
  const observed: string[] = []
  const client = clientOf(t, api, { observe: ({ outcome }) => observed.push(outcome) })
  let deliver: (late: unknown[]) => void
  const delivered = new Promise<unknown[]>(resolve => { deliver = resolve })
  const { value, ms } = await timed(client.classify(inquiry(), { deadline: Date.now() + 250, onLate: (...late) => deliver(late) }))
  t.same(value, TIMEOUT)
  t.ok(ms < 600, 'the outcome did not wait for it')
  const [answered, lateByMs] = await delivered
  t.same(answered, classification('a1b2'))
  t.ok(Number(lateByMs) > 20 && Number(lateByMs) < 1_000)
  t.same(observed, ['timeout'])

  const late: unknown[] = []
  const onLate = (answer: unknown) => late.push(answer)
  const leaves = once(api, 'left')
  api.behaviour = inTurn(slow(150, problem('ERR_DEADLINE_EXCEEDED')), hang())
  await client.classify(inquiry('no answer'), { deadline: Date.now() + 100, onLate })
  const impatient = clientOf(t, api, { lateGraceMs: 150 })
  const deadline = Date.now() + 250
  await impatient.classify(inquiry('never'), { deadline, onLate })
  await leaves
  const waited = Date.now() - deadline
  t.ok(waited >= 149 && waited < 800, 'it waits for the grace and no longer')

  const atOnce = once(api, 'left')
  await clientOf(t, api, { lateGraceMs: 0 }).classify(inquiry('no grace'), { deadline: Date.now() + 250, onLate })
  t.same(await atOnce, ['no grace'])
  t.same(late, [])
})

t.test('an answer is late as soon as the wall clock says so', async t => {
  const { now } = Date
  t.teardown(() => { Date.now = now })
  const api = await FakeApi.start(t)
  const observed: string[] = []
  const client = clientOf(t, api, { observe: ({ outcome }) => observed.push(outcome) })
  api.behaviour = (response, received) => {
    Date.now = () => now() + 5_000
    answer()(response, received)
  }
  const late: number[] = []
  t.same(await client.classify(inquiry(), { deadline: now() + 4_000, onLate: (_, lateByMs) => late.push(lateByMs) }), TIMEOUT)
  await sleep(1_200) // its timer looks at the clock once a second
  t.same([observed, late.length], [['timeout'], 1], 'and only once')
  t.ok(late[0]! >= 1_000)
})

t.test('late answers hold only so many connections', async t => {
  const api = await FakeApi.start(t)
  api.behaviour = hang()
  const client = clientOf(t, api, { connections: 4, lateGraceMs: 60_000 })
  const left: unknown[] = []
  api.on('left', id => left.push(id))
  for (let round = 0; round < 3; round++) {
    const deadline = Date.now() + 250
    await Promise.all([0, 1, 2, 3].map(async index => await client.classify(inquiry(`${round}-${index}`), { deadline, onLate: () => t.fail('nothing answers') })))
  }
  while (left.length < 8) await once(api, 'left')
  t.same(left.sort(), ['0-0', '0-1', '0-2', '0-3', '1-0', '1-1', '1-2', '1-3'], 'the oldest make room')
  api.behaviour = answer()
  const { value, ms } = await timed(Promise.all([0, 1, 2, 3].map(async index => await client.classify(inquiry(`fresh-${index}`), { deadline: farOff() }))))
  t.same(value.map(({ kind }) => kind), ['answer', 'answer', 'answer', 'answer'])
  t.ok(ms < 1_000, 'fresh inquiries do not wait for a connection')
  t.ok(await api.connections() <= 8)
})

t.test('a signal ends everything at once', async t => {
  const api = await FakeApi.start(t)
  const client = clientOf(t, api, { connections: 40, lateGraceMs: 60_000 })
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))

  const lost = new AbortController()
  api.behaviour = hang()
  const late = client.classify(inquiry('late'), { deadline: Date.now() + 250, signal: lost.signal, onLate: () => t.fail('it is not ours') })
  t.same(await late, TIMEOUT)
  api.behaviour = (response, received) => received.inquiry.id === 'waits' ? problem('ERR_QUEUE_FULL', { 'retry-after': '30' })(response, received) : hang()(response, received)
  const asking = Array.from({ length: 30 }, async (_, index) => await client.classify(inquiry(`asked-${index}`), { deadline: farOff(), signal: lost.signal }))
  while (api.received.length < 31) await once(api, 'request')
  const waiting = client.classify(inquiry('waits'), { deadline: farOff(), signal: lost.signal })
  while (client.pausedUntil === 0) await new Promise(resolve => setImmediate(resolve))
  const paused = client.classify(inquiry('paused'), { deadline: farOff(), signal: lost.signal })
  t.equal(getEventListeners(lost.signal, 'abort').length, 1)

  const left: unknown[] = []
  api.on('left', id => left.push(id))
  lost.abort()
  const { value, ms } = await timed(Promise.all([...asking, waiting, paused]))
  t.same(new Set(value.map(outcome => JSON.stringify(outcome))), new Set([JSON.stringify(UNAVAILABLE)]))
  t.ok(ms < 500)
  while (left.length < 31) await once(api, 'left')
  t.ok(left.includes('late'), 'the one whose late answer was awaited too')
  t.equal(getEventListeners(lost.signal, 'abort').length, 0)
  t.same(await client.classify(inquiry(), { deadline: farOff(), signal: lost.signal }), UNAVAILABLE)
  t.equal(api.take().length, 32, 'nor is anything asked later')
  t.same(warnings, [])
})

t.test('close ends what is under way and leaves nothing behind', async t => {
  const api = await FakeApi.start(t)
  const client = createClassifyClient({ url: api.url, attempts: 3, lateGraceMs: 60_000, breaker: { errorPercent: 50, resetMs: 60_000 }, connections: 4 })
  api.behaviour = hang()
  await client.classify(inquiry('late'), { deadline: Date.now() + 250, onLate: () => t.fail('closed') })
  const asking = [client.classify(inquiry('1'), { deadline: farOff() }), client.classify(inquiry('2'), { deadline: farOff() })]
  while (api.received.length < 3) await once(api, 'request')
  await client.close()
  t.same(await Promise.all(asking), [UNAVAILABLE, UNAVAILABLE])
  t.same(await client.classify(inquiry(), { deadline: farOff() }), UNAVAILABLE)
  await client.close()
  for (let open = Infinity; open > 0; open = await api.connections()) await new Promise(resolve => setImmediate(resolve))
  t.equal(api.take().length, 3)
})
