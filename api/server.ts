import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { fetchByAlias, openModelStore } from '../model-store/open.ts'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'
import { availableCores } from './cores.ts'
import { Classifier } from './inference/classifier.ts'
import { createMetrics } from './metrics.ts'
import { ServiceState } from './service-state.ts'

/** The inference service as a process: environment in, signals handled, exit code out. */
const LOG_BUFFER_BYTES = 4_096
const LOG_FLUSH_MS = 250
const SHUTDOWN_WORKERS_MS = 1_000

try {
  await start()
} catch (err) {
  // One line like any other of the log, instead of Node's dump on standard error.
  pino({ base: { service: 'api' } }).fatal({ err }, `could not start: ${err instanceof Error ? err.message : String(err)}`)
  process.exit(1)
}

async function start (): Promise<void> {
  const config = readConfig(process.env)
  const metrics = createMetrics()
  const serviceState = new ServiceState()

  const model = await fetchByAlias(openModelStore(config.MODEL_STORE_URL, config), config.MODEL_NAME, config.MODEL_ALIAS)
  const classifier = await Classifier.start({
    model,
    workers: config.INFERENCE_WORKERS || availableCores(),
    maxQueue: config.MAX_QUEUE,
    hangMs: config.WORKER_HANG_MS,
    observer: metrics.observer
  })
  metrics.watch(classifier)
  const logStream = pino.destination({ fd: process.stdout.fd, sync: false, minLength: LOG_BUFFER_BYTES, periodicFlush: LOG_FLUSH_MS })
  const app = await buildApp({ config, classifier, metrics, serviceState, logStream })
  await app.listen({ host: config.HOST, port: config.PORT })

  let isShuttingDown = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // npm passes on the Ctrl-C that the terminal has already sent: a second one must not end what the first began.
      if (isShuttingDown) return
      isShuttingDown = true
      shutDown(signal).then(() => process.exit(0), err => {
        app.log.fatal({ err }, 'shutdown failed')
        process.exit(1)
      })
    })
  }

  /** Says not ready, lets requests in flight end within the limit, then closes what was started. */
  async function shutDown (signal: string): Promise<void> {
    app.log.info({ signal }, 'shutting down')
    serviceState.startDraining()
    await sleep(config.DRAIN_DELAY_MS)
    serviceState.startClosing()
    const closed = app.close().then(() => true)
    const inTime = await Promise.race([closed, sleep(config.SHUTDOWN_TIMEOUT_MS, false)])
    if (!inTime) {
      app.log.warn('connections were still open at the shutdown limit')
      // Their work is dropped with them: a worker that is stopped in the middle of a run takes the process down.
      app.server.closeAllConnections()
    }
    await classifier.close(SHUTDOWN_WORKERS_MS)
    logStream.flushSync()
  }
}
