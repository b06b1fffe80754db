import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { ClassifyClient, ClassifyClientOptions, ClassifyOutcome } from '../../../adapter/classify/client.ts'
import { FakeApi, TIMEOUT, UNAVAILABLE, answer, clientOf, farOff, hang, inTurn, inquiry, problem, slow, timed } from './fake-api.ts'

const RESET_MS = 300

interface Watched { readonly client: ClassifyClient, readonly states: string[], state (wanted: string): Promise<void> }

function watched (t: Test, api: FakeApi, options: Partial<ClassifyClientOptions> = {}): Watched {
  const states: string[] = []
  let notify = () => {}
  const client = clientOf(t, api, {
    attempts: 1,
    connections: 10,
    breaker: { errorPercent: 50, resetMs: RESET_MS },
    onBreaker: state => { states.push(state); notify() },
    ...options
  })
  // opossum's timers keep no process alive
  const alive = setInterval(() => {}, 1_000)
  t.teardown(() => clearInterval(alive))
  return { client, states, state: async wanted => { while (states.at(-1) !== wanted) await new Promise<void>(resolve => { notify = resolve }) } }
}

/** Asks so many times at once. */
async function ask (client: ClassifyClient, count: number, timeoutMs = 60_000): Promise<ClassifyOutcome[]> {
  return await Promise.all(Array.from({ length: count }, async (_, index) => await client.classify(inquiry(`id-${index}`), { deadline: Date.now() + timeoutMs })))
}

t.test('failures open it, then nothing is asked, then one probe closes it', async t => {
  const api = await FakeApi.start(t)
  const { client, states, state } = watched(t, api)
  api.behaviour = problem('ERR_INTERNAL')
  await ask(client, 9)
  t.same([client.breakerState, states], ['closed', []], 'nine are too few to judge by')
  await ask(client, 1)
  t.same([client.breakerState, states], ['open', ['open']])
  api.take()
  const { value, ms } = await timed(ask(client, 1_000))
  t.same(value, Array(1_000).fill(UNAVAILABLE))
  t.same([api.take(), ms < 500], [[], true], 'at once')

  await state('half_open')
  t.equal(client.breakerState, 'half_open')
  await ask(client, 1)
  await state('open')
  t.equal(api.take().length, 1, 'the API still fails')

  await state('half_open')
  let release = () => {}
  api.behaviour = (response, received) => { release = () => answer()(response, received) }
  const probe = client.classify(inquiry('probe'), { deadline: farOff() })
  await once(api, 'request')
  t.same(await ask(client, 20), Array(20).fill(UNAVAILABLE), 'one probe at a time')
  api.behaviour = answer()
  release()
  t.match(await probe, { kind: 'answer' })
  t.same([client.breakerState, states], ['closed', ['open', 'half_open', 'open', 'half_open', 'closed']])
  t.ok((await ask(client, 20)).every(({ kind }) => kind === 'answer'))

  api.behaviour = problem('ERR_INTERNAL')
  await ask(client, 5)
  t.equal(client.breakerState, 'closed', 'the failures of the outage are forgotten')
})

t.test('each attempt counts, and a retry finds it open', async t => {
  const api = await FakeApi.start(t)
  const { client } = watched(t, api, { attempts: 20, breaker: { errorPercent: 50, resetMs: 60_000 } })
  api.behaviour = problem('ERR_INTERNAL')
  t.same(await client.classify(inquiry(), { deadline: farOff() }), UNAVAILABLE)
  t.equal(api.take().length, 10)
  t.equal(client.breakerState, 'open')
})

t.test('an API that is not there, wrong or wrongly set up opens it', async t => {
  const api = await FakeApi.start(t)
  for (const behaviour of [problem('ERR_UNAUTHENTICATED'), answer({ id: 'other' })]) {
    const { client } = watched(t, api)
    api.behaviour = behaviour
    await ask(client, 10)
    t.equal(client.breakerState, 'open')
  }
  const { client, state } = watched(t, api, { breaker: { errorPercent: 100, resetMs: RESET_MS } })
  await api.stop()
  await ask(client, 10)
  t.equal(client.breakerState, 'open', 'from 100 % on means all')
  api.behaviour = answer()
  await api.start()
  await state('half_open')
  t.match(await ask(client, 1), [{ kind: 'answer' }])
  t.equal(client.breakerState, 'closed')
})

t.test('overload, refusals and lost inquiries do not', async t => {
  const api = await FakeApi.start(t)
  const { client, states } = watched(t, api, { connections: 40 })
  for (const behaviour of [problem('ERR_QUEUE_FULL'), problem('ERR_DEADLINE_UNREACHABLE'), problem('ERR_INVALID_REQUEST'), problem('ERR_BODY_TOO_LARGE')]) {
    api.behaviour = behaviour
    await ask(client, 15)
  }
  api.behaviour = hang()
  api.take()
  const lost = new AbortController()
  const asked = Array.from({ length: 30 }, async () => await client.classify(inquiry(), { deadline: farOff(), signal: lost.signal }))
  while (api.received.length < 30) await once(api, 'request')
  lost.abort()
  await Promise.all(asked)

  // Slow for most, and yet it answers: 30 time out while others are answered.
  api.behaviour = (response, received) => (received.inquiry.id === 'lucky' ? slow(100) : hang())(response, received)
  const slowly = ask(client, 30, 400)
  await sleep(150)
  t.match(await client.classify(inquiry('lucky'), { deadline: farOff() }), { kind: 'answer' })
  t.same(await slowly, Array(30).fill(TIMEOUT))
  t.same([client.breakerState, states], ['closed', []])

  api.behaviour = problem('ERR_INTERNAL')
  const off = watched(t, api, { breaker: { errorPercent: 0, resetMs: 1 } })
  await ask(off.client, 50)
  t.same([off.client.breakerState, off.states], ['closed', []], 'nor anything where it is switched off')
})

t.test('an API that hangs opens it, and a probe does not wait for its deadline', async t => {
  const api = await FakeApi.start(t)
  const { client, states, state } = watched(t, api)
  api.behaviour = hang()
  t.same(await ask(client, 10, 300), Array(10).fill(TIMEOUT))
  await state('half_open')
  api.take()

  let release = () => {}
  api.behaviour = (response, received) => { release = () => answer()(response, received) }
  const probe = client.classify(inquiry('probe'), { deadline: farOff() })
  await once(api, 'request')
  const probedAt = performance.now()
  await state('open')
  const patience = performance.now() - probedAt
  t.ok(patience > 900 && patience < 2_500, 'a second of silence is enough')

  await state('half_open')
  api.behaviour = hang()
  const second = client.classify(inquiry('second'), { deadline: Date.now() + 200 })
  await second
  await state('open')
  t.same(states, ['open', 'half_open', 'open', 'half_open', 'open'], 'its deadline may come first')

  release()
  t.match(await probe, { kind: 'answer' }, 'the first probe kept its chance')
  t.equal(client.breakerState, 'closed', 'and its answer closes it')
  api.behaviour = answer()
  t.match(await ask(client, 3), Array(3).fill({ kind: 'answer' }))
  await sleep(2 * RESET_MS)
  t.equal(states.at(-1), 'closed')
})

t.test('a probe that is lost does not leave it half open for ever', async t => {
  const api = await FakeApi.start(t)
  const { client, state } = watched(t, api)
  api.behaviour = problem('ERR_INTERNAL')
  await ask(client, 10)
  await state('half_open')
  api.behaviour = hang()
  const lost = new AbortController()
  const probe = client.classify(inquiry(), { deadline: farOff(), signal: lost.signal })
  await once(api, 'request')
  lost.abort()
  t.same(await probe, UNAVAILABLE)
  await state('open')
  await state('half_open')
  api.behaviour = inTurn(problem('ERR_QUEUE_FULL'), answer())
  await ask(client, 1)
  t.equal(client.breakerState, 'closed', 'an API that is full is an API')
})

t.test('what is left from before it opened says nothing of now', async t => {
  const api = await FakeApi.start(t)
  const { client, states, state } = watched(t, api, { connections: 30 })
  api.behaviour = hang()
  const leftovers = ask(client, 10, 1_500)
  while (api.received.length < 10) await once(api, 'request')
  api.behaviour = problem('ERR_INTERNAL')
  await ask(client, 15)
  await state('half_open')
  t.same(await leftovers, Array(10).fill(TIMEOUT), 'they time out while it is half open')
  t.equal(client.breakerState, 'half_open')
  api.behaviour = answer()
  t.match(await ask(client, 1), [{ kind: 'answer' }])
  t.same(states, ['open', 'half_open', 'closed'])
})
