import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { FakeApi, clientOf, farOff, inquiry } from './fake-api.ts'

t.test('10,000 calls with one signal leave neither listeners nor memory', async t => {
  const api = await FakeApi.start(t)
  const client = clientOf(t, api, { breaker: { errorPercent: 50, resetMs: 1_000 } })
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const { signal } = new AbortController()
  const run = async (count: number): Promise<number> => {
    for (let index = 0; index < count; index++) {
      const outcome = await client.classify(inquiry(), { deadline: farOff(), signal, onLate: () => {} })
      if (outcome.kind !== 'answer') t.fail('no answer')
      api.received.length = 0
    }
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = await run(2_000)
  const after = await run(8_000)
  t.ok(after - before < 1_000_000, `the heap grew by ${after - before} bytes`)
  t.equal(getEventListeners(signal, 'abort').length, 0)
  t.ok(await api.connections() <= 2)
})
