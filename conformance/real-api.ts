import { fileURLToPath } from 'node:url'
import { findFreePorts } from '../scripts/kafka/ports.ts'
import type { Api } from './api.ts'
import { ManagedProcess } from './managed-process.ts'
import { waitUntil } from './wait.ts'

export interface RealApiOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly logFile: string
  readonly signal: AbortSignal
}

const READY_LIMIT_MS = 60_000
const REQUEST_LIMIT_MS = 1_000

/** Starts the API with its model, as in production. */
export async function startRealApi ({ environment, logFile, signal }: RealApiOptions): Promise<Api> {
  const [port] = await findFreePorts(1)
  const origin = `http://127.0.0.1:${port}`
  const server = fileURLToPath(new URL('../api/server.js', import.meta.url))
  let running: ManagedProcess | undefined
  const api: Api = {
    url: `${origin}/classify`,
    async start () {
      const api = running = new ManagedProcess({ command: `'${process.execPath}' '${server}'`, environment: { ...environment, PORT: String(port), LOG_LEVEL: 'warn' }, logFile })
      await waitUntil(async () => {
        if (!api.running) throw new Error(`The API ended with ${api.ending} before it was ready`)
        return await fetch(`${origin}/health/ready`, { signal: AbortSignal.timeout(REQUEST_LIMIT_MS) }).then(reply => reply.ok, () => false)
      }, { what: 'the API to be ready', limitMs: READY_LIMIT_MS, signal })
    },
    async kill () {
      await running?.kill()
    }
  }
  try {
    await api.start()
  } catch (error) {
    await api.kill()
    throw error
  }
  return api
}
