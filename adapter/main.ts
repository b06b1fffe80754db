import pino from 'pino'
import { Adapter } from './adapter.ts'
import { readAdapterConfig } from './config.ts'
import { buildHealthApp } from './health/server.ts'
import { registerCodecs } from './kafka/codecs.ts'
import { stopIdlePolling } from './kafka/idle-polling.ts'
import { createAdapterMetrics } from './metrics.ts'

/** The Kafka sidecar as a process: environment in, signals handled, exit code out. */
const CLOSE_LIMIT_MS = 5_000

try {
  await start()
} catch (err) {
  pino({ base: { service: 'adapter' } }).fatal({ err }, `could not start: ${err instanceof Error ? err.message : String(err)}`)
  process.exit(1)
}

async function start (): Promise<void> {
  const config = readAdapterConfig(process.env)
  const log = pino({ level: config.LOG_LEVEL, base: { service: 'adapter' } })
  const metrics = createAdapterMetrics()
  const starting = new AbortController()
  stopIdlePolling()
  await registerCodecs()

  const adapter = new Adapter({ config, metrics, log, onFailure: error => shutDown(1, { err: error }) })
  const health = buildHealthApp({ status: adapter, metrics, log, config })
  let isShuttingDown = false

  // npm passes on the Ctrl-C that the terminal has already sent: a second one must not end what the first began.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => shutDown(0, { signal }))
  await health.listen({ host: config.HEALTH_HOST, port: config.HEALTH_PORT })
  try {
    await adapter.start(starting.signal)
  } catch (err) {
    if (!starting.signal.aborted) throw err
  }

  function shutDown (exitCode: number, why: object): void {
    if (isShuttingDown) return
    isShuttingDown = true
    log[exitCode === 0 ? 'info' : 'fatal'](why, 'shutting down')
    starting.abort()
    // Whatever a broker that is silent holds up, the process ends: what is not committed is done by the next one.
    setTimeout(() => process.exit(exitCode || 1), config.DRAIN_TIMEOUT_MS + CLOSE_LIMIT_MS).unref()
    adapter.stop().then(async () => await health.close()).then(() => process.exit(exitCode), err => {
      log.fatal({ err }, 'shutdown failed')
      process.exit(1)
    })
  }
}
