import { once } from 'node:events'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { buildHealthApp } from '../../../adapter/health/server.ts'
import type { AdapterStatus } from '../../../adapter/health/status.ts'
import { createAdapterMetrics } from '../../../adapter/metrics.ts'
import { ERRORS, type ErrorCode, type Problem } from '../../../openapi/index.ts'
import { captureLog } from '../captured-log.ts'

type Status = { -readonly [Key in keyof AdapterStatus]: AdapterStatus[Key] }

function build (t: Test) {
  const status: Status = { membership: 'member', assignedPartitions: 3, commitAgeMs: 250, inFlight: 7, breaker: 'closed', lag: [] }
  const metrics = createAdapterMetrics()
  metrics.watch(status)
  const { log, lines } = captureLog('info')
  const app = buildHealthApp({ status, metrics, log, config: { INQUIRY_TIMEOUT_MS: 10_000, COMMIT_INTERVAL_MS: 1_000 } })
  t.teardown(async () => await app.close())
  const problemOf = async (url: string): Promise<Problem> => (await app.inject(url)).json()
  return { app, status, metrics, lines, problemOf }
}

function isProblem (t: Test, problem: Problem, code: ErrorCode, instance: string, detail?: string): void {
  const { title, status } = ERRORS[code]
  t.match(problem, { type: `/errors#${code}`, title, status, code, instance, requestId: String, detail }, code)
}

t.test('the process is alive whatever the group and the API do', async t => {
  const { app, status } = build(t)
  Object.assign(status, { membership: 'lost', commitAgeMs: 1e6, breaker: 'open' })
  const { statusCode, body } = await app.inject('/health/live')
  t.same([statusCode, JSON.parse(body)], [200, { status: 'ok' }])
})

t.test('it is ready while a member that commits, also with the API down', async t => {
  const { app, status } = build(t)
  status.breaker = 'open'
  status.commitAgeMs = 21_000
  const { statusCode, body } = await app.inject('/health/ready')
  t.same([statusCode, JSON.parse(body)], [200, { status: 'ready', membership: 'member', assignedPartitions: 3, commitAgeMs: 21_000, inFlight: 7, breaker: 'open' }])
  status.assignedPartitions = 0
  t.equal((await app.inject('/health/ready')).statusCode, 200, 'one adapter too many is ready to take over')
})

t.test('it is not ready otherwise, and says why', async t => {
  const { app, status, problemOf, lines } = build(t)
  const reasons = { joining: 'Not yet a member of the consumer group', rebalancing: 'The consumer group is being rebalanced', lost: 'No longer a member of the consumer group' }
  for (const [membership, reason] of Object.entries(reasons)) {
    status.membership = membership as keyof typeof reasons
    isProblem(t, await problemOf('/health/ready'), 'ERR_NOT_READY', '/health/ready', reason)
  }
  status.membership = 'draining'
  isProblem(t, await problemOf('/health/ready?verbose'), 'ERR_DRAINING', '/health/ready')
  status.membership = 'member'
  status.commitAgeMs = 21_001
  isProblem(t, await problemOf('/health/ready'), 'ERR_NOT_READY', '/health/ready', 'A partition is not read, or what is read is not committed')
  const { statusCode, headers } = await app.inject('/health/ready')
  t.same([statusCode, headers['content-type']], [503, 'application/problem+json; charset=utf-8'])
  t.same(lines, [], 'probes are not logged')
})

t.test('anything else is not found', async t => {
  const { app, problemOf } = build(t)
  isProblem(t, await problemOf('/'), 'ERR_NOT_FOUND', '/')
  t.equal((await app.inject({ method: 'POST', url: '/health/live' })).statusCode, 404)
  t.equal((await app.inject('/%')).json<Problem>().code, 'ERR_NOT_FOUND')
})

t.test('a failure is logged and tells nothing', async t => {
  const { metrics, problemOf, lines } = build(t)
  metrics.registry.registerMetric({ name: 'broken', get: async () => { throw new Error('inside') } } as never)
  const problem = await problemOf('/metrics')
  isProblem(t, problem, 'ERR_INTERNAL', '/metrics')
  t.notMatch(JSON.stringify(problem), /inside/)
  t.match(lines, [{ level: 'error', err: { message: 'inside' } }])
})

t.test('a connection that is kept open does not hold up the end', async t => {
  const { app } = build(t)
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const socket = connect(Number(port), '127.0.0.1')
  const closed = once(socket, 'close')
  socket.write('GET /health/live HTTP/1.1\r\nhost: adapter\r\n\r\n')
  t.match(String(await once(socket, 'data')), /200 OK.*connection: keep-alive/is)
  await app.close()
  await t.resolves(closed)
})
