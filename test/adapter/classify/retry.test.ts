import { once } from 'node:events'
import t from 'tap'
import { Pause, backoffMs, retryAfterMs } from '../../../adapter/classify/retry.ts'
import { atWallClock } from '../../../adapter/wall-clock.ts'
import { FakeApi, TIMEOUT, UNAVAILABLE, answer, bare, clientOf, farOff, hang, inTurn, inquiry, problem, slow, timed } from './fake-api.ts'

t.test('tries again where that may help, with the time that is left', async t => {
  const api = await FakeApi.start(t)
  for (const failure of [problem('ERR_INTERNAL'), problem('ERR_INFERENCE_FAILED'), problem('ERR_NOT_READY'), problem('ERR_REQUEST_TIMEOUT'), bare(502), bare(503), bare(429), bare(425), problem('ERR_DEADLINE_EXCEEDED')]) {
    const observed: string[] = []
    const client = clientOf(t, api, { observe: ({ outcome }) => observed.push(outcome) })
    api.behaviour = inTurn(slow(20, failure), failure, answer())
    t.match(await client.classify(inquiry(), { deadline: farOff() }), { kind: 'answer' })
    t.equal(observed.at(-1), 'ok')
    const left = api.take().map(({ headers }) => Number(headers['x-request-timeout-ms']))
    t.ok(left.length === 3 && left[0]! > left[1]! && left[1]! >= left[2]!, 'each attempt is told what is left')
  }
})

t.test('stops after so many attempts', async t => {
  const api = await FakeApi.start(t)
  api.behaviour = problem('ERR_INTERNAL')
  const observed: string[] = []
  t.same(await clientOf(t, api, { attempts: 4, observe: ({ outcome }) => observed.push(outcome) }).classify(inquiry(), { deadline: farOff() }), UNAVAILABLE)
  t.same([api.take().length, observed], [4, ['500', '500', '500', '500']])
  api.behaviour = bare(504)
  t.same(await clientOf(t, api, { attempts: 1 }).classify(inquiry(), { deadline: farOff() }), TIMEOUT, 'what failed last was about time')
  t.equal(api.take().length, 1)
})

t.test('makes no attempt that cannot finish', async t => {
  const api = await FakeApi.start(t)
  const client = clientOf(t, api, { attempts: 20 })
  const cases = [
    [problem('ERR_INTERNAL'), UNAVAILABLE], [problem('ERR_DEADLINE_UNREACHABLE'), TIMEOUT],
    [problem('ERR_DEADLINE_EXCEEDED'), TIMEOUT], [bare(504), TIMEOUT]
  ] as const
  const { now } = Date
  t.teardown(() => { Date.now = now })
  for (const [behaviour, outcome] of cases) {
    const deadline = now() + 5_000
    api.behaviour = (response, received) => {
      Date.now = () => deadline - 15
      behaviour(response, received)
    }
    t.same(await client.classify(inquiry(), { deadline }), outcome)
    Date.now = now
    t.ok(now() < deadline - 1_000, 'settled at once')
    t.equal(api.take().length, 1)
  }
  for (const [behaviour, outcome] of [[problem('ERR_RATE_LIMITED', { 'retry-after': '3' }), UNAVAILABLE], [problem('ERR_DEADLINE_UNREACHABLE', { 'retry-after': '3' }), TIMEOUT]] as const) {
    api.behaviour = behaviour
    const { value, ms } = await timed(clientOf(t, api).classify(inquiry(), { deadline: Date.now() + 2_500 }))
    t.same(value, outcome)
    t.ok(ms < 1_500, 'at once, as the API asks to wait for longer than there is time')
    t.equal(api.take().length, 1)
  }
})

t.test('waits as the API asks, and so do all others', async t => {
  const api = await FakeApi.start(t)
  const client = clientOf(t, api)
  t.equal(client.pausedUntil, 0)
  api.behaviour = inTurn(problem('ERR_QUEUE_FULL', { 'retry-after': '1' }), answer())
  const askedAt = Date.now()
  const first = client.classify(inquiry('first'), { deadline: farOff() })
  await once(api, 'request')
  while (client.pausedUntil === 0) await new Promise(resolve => setImmediate(resolve))
  t.ok(client.pausedUntil >= askedAt + 1_000 && client.pausedUntil <= Date.now() + 1_000)
  const { value, ms } = await timed(client.classify(inquiry('hurried'), { deadline: Date.now() + 600 }))
  t.same(value, UNAVAILABLE)
  t.ok(ms < 500, 'one that cannot wait is settled at once')
  const other = client.classify(inquiry('other'), { deadline: farOff() })
  t.match(await Promise.all([first, other]), [{ kind: 'answer' }, { kind: 'answer' }])
  const requests = api.take()
  t.same(requests.map(({ inquiry }) => inquiry.id).sort(), ['first', 'first', 'other'])
  t.ok(requests.slice(1).every(({ at }) => at >= askedAt + 1_000), 'none came before its time')
  t.equal(client.pausedUntil, 0)

  // A date has whole seconds.
  api.behaviour = inTurn(problem('ERR_NOT_READY', { 'retry-after': new Date(Date.now() + 2_000).toUTCString() }), answer())
  const dated = await timed(client.classify(inquiry(), { deadline: farOff() }))
  t.match(dated.value, { kind: 'answer' })
  t.ok(dated.ms > 900 && dated.ms < 2_600)
  api.take()

  api.behaviour = inTurn(problem('ERR_DEADLINE_UNREACHABLE', { 'retry-after': '1' }), answer())
  const unreachable = timed(client.classify(inquiry('far'), { deadline: farOff() }))
  await once(api, 'request')
  t.match(await client.classify(inquiry('near'), { deadline: Date.now() + 900 }), { kind: 'answer' }, 'one deadline that is too near says nothing of others')
  t.ok((await unreachable).ms >= 1_000)
})

t.test('a connection that breaks', async t => {
  const api = await FakeApi.start(t)
  const observed: string[] = []
  const client = clientOf(t, api, { attempts: 1, observe: ({ outcome }) => observed.push(outcome) })

  await t.test('before the reply, as stale ones do, is replaced at once and without an attempt', async t => {
    await client.classify(inquiry(), { deadline: farOff() })
    api.behaviour = (response, received) => received.before > 0 ? response.destroy() : answer()(response, received)
    t.match(await client.classify(inquiry(), { deadline: farOff() }), { kind: 'answer' })
    observed.length = 0
    api.take()
    api.behaviour = response => response.destroy()
    t.same(await client.classify(inquiry(), { deadline: farOff() }), UNAVAILABLE)
    t.same([api.take().length, observed], [2, ['closed', 'closed']], 'once')
  })

  await t.test('in the middle of the reply costs an attempt', async t => {
    api.behaviour = response => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"id":')
      setImmediate(() => response.destroy())
    }
    t.same(await client.classify(inquiry(), { deadline: farOff() }), UNAVAILABLE)
    t.equal(api.take().length, 1)
    api.behaviour = inTurn(api.behaviour, api.behaviour, answer())
    t.match(await clientOf(t, api).classify(inquiry(), { deadline: farOff() }), { kind: 'answer' })
    t.equal(api.take().length, 3)
  })

  await t.test('while idle goes unnoticed', async t => {
    api.behaviour = answer()
    await client.classify(inquiry(), { deadline: farOff() })
    await api.stop()
    await api.start()
    observed.length = 0
    t.match(await client.classify(inquiry(), { deadline: farOff() }), { kind: 'answer' })
    t.equal(observed.at(-1), 'ok')
  })

  await t.test('and cannot be made is tried again until it can', async t => {
    await api.stop()
    observed.length = 0
    t.same(await client.classify(inquiry(), { deadline: farOff() }), UNAVAILABLE)
    t.same(observed, ['unreachable'])
    const patient = clientOf(t, api, { attempts: 20 }).classify(inquiry(), { deadline: farOff() })
    await api.start()
    t.match(await patient, { kind: 'answer' })
  })
})

t.test('the deadline comes during a retry', async t => {
  const api = await FakeApi.start(t)
  api.behaviour = inTurn(problem('ERR_INTERNAL'), hang())
  const deadline = Date.now() + 400
  const client = clientOf(t, api)
  t.same(await client.classify(inquiry(), { deadline }), TIMEOUT)
  t.ok(Date.now() >= deadline && api.take().length === 2)
})

t.test('how long to wait', async t => {
  const now = Date.now()
  t.same(['7', '0', '-1', 'soon', '', undefined].map(retryAfterMs), [7_000, 0, 0, undefined, undefined, undefined])
  t.equal(retryAfterMs(new Date(now - 5_000).toUTCString()), 0)
  const inTen = retryAfterMs(new Date(now + 10_000).toUTCString())!
  t.ok(inTen > 8_000 && inTen <= 10_000)

  for (const [attempt, most] of [[1, 50], [2, 100], [5, 800], [6, 1_000], [500, 1_000]] as const) {
    const waits = Array.from({ length: 200 }, () => backoffMs(attempt))
    t.ok(Math.max(...waits) <= most && Math.max(...waits) > most * 0.8 && Math.min(...waits) < most * 0.2, 'spread over the whole range')
  }

  const pause = new Pause()
  pause.extend(86_400_000)
  t.ok(pause.until <= Date.now() + 60_000, 'a wrong header does not silence for long')
  pause.extend(1_000)
  t.ok(pause.until > now + 50_000, 'a shorter wait does not end a longer one')
})

t.test('the wall clock may be set', async t => {
  const { now } = Date
  t.teardown(() => { Date.now = now })
  const start = performance.now()
  const set = new Promise<number>(resolve => atWallClock(now() + 30_000, () => resolve(performance.now() - start)))
  Date.now = () => now() + 30_000
  t.ok(await set < 2_000, 'forward: noticed soon')
  Date.now = now
  const early: number[] = []
  const time = now() + 50
  await new Promise<void>(resolve => atWallClock(time, () => { early.push(time - Date.now()); resolve() }))
  t.ok(early[0]! <= 0)
})
