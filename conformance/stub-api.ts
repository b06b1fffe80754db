import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { findFreePorts } from '../scripts/kafka/ports.ts'
import type { Api, StubBehaviour } from './api.ts'
import type { StubMessage, StubReply } from './stub-server.ts'
import { withLimit } from './wait.ts'

const REPLY_LIMIT_MS = 10_000

/** Starts the stub of the API in a process of its own; it answers from the first moment on. */
export async function startStubApi ({ signal, behaviour = {} }: { signal: AbortSignal, behaviour?: StubBehaviour }): Promise<Api> {
  const [port = 0] = await findFreePorts(1)
  const stub = new StubApi({ port, signal })
  try {
    await stub.start()
    await stub.behave(behaviour)
  } catch (error) {
    await stub.kill()
    throw error
  }
  return stub
}

class StubApi implements Api {
  readonly url: string
  readonly #port: number
  readonly #signal: AbortSignal
  #child: ChildProcess | undefined
  #behaviour: StubBehaviour = {}

  constructor ({ port, signal }: { port: number, signal: AbortSignal }) {
    this.#port = port
    this.#signal = signal
    this.url = `http://127.0.0.1:${port}/classify`
  }

  async start (): Promise<void> {
    this.#child = fork(fileURLToPath(new URL('./stub-server.js', import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    await this.#tell({ listen: this.#port })
    await this.behave(this.#behaviour)
  }

  async kill (): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child) return
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  }

  async behave (behaviour: StubBehaviour): Promise<void> {
    this.#behaviour = behaviour
    await this.#tell({ behaviour })
  }

  async inquiries (): Promise<number> {
    const reply = await this.#tell({ count: true })
    return 'inquiries' in reply ? reply.inquiries : 0
  }

  /** Messages are answered in order, and only one is on its way at a time. */
  async #tell (message: StubMessage): Promise<StubReply> {
    const child = this.#child
    if (!child) throw new Error('The stub of the API does not run')
    const replied = once(child, 'message') as Promise<[StubReply]>
    child.send(message)
    const [reply] = await withLimit(replied, { what: 'the stub of the API', limitMs: REPLY_LIMIT_MS, signal: this.#signal })
    return reply
  }
}
