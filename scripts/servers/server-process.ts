import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lastLines } from '../kafka/java.ts'

export interface ServerProcessOptions {
  /** For messages and the name of the log file. */
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Working directory; `<name>.log` is written there. */
  readonly directory: string
  isReady(): Promise<boolean>
}

const START_MS = 120_000
const STOP_MS = 10_000
const POLL_MS = 200
const SETPRIV = '/usr/bin/setpriv'

/** Servers that run now, ended with this process even if it forgets them or throws. */
const running = new Set<ChildProcess>()
process.once('exit', () => { for (const child of running) signal(child, 'SIGKILL') })

/** A server with whatever processes it starts: a process group of its own, which is ended as a whole. */
export class ServerProcess {
  readonly #child: ChildProcess

  private constructor ({ name, program, args, environment, directory }: ServerProcessOptions) {
    const log = openSync(join(directory, `${name}.log`), 'a')
    // Where Linux can, it ends the server with ours, however ours ends.
    const [command, all] = existsSync(SETPRIV) ? [SETPRIV, ['--pdeathsig', 'TERM', program, ...args]] : [program, args]
    this.#child = spawn(command, all, { cwd: directory, env: { ...process.env, ...environment }, stdio: ['ignore', log, log], detached: true })
    closeSync(log)
    running.add(this.#child)
    this.#child.once('exit', () => running.delete(this.#child))
  }

  /** Starts it and waits until it answers, at most two minutes. @throws with the end of its log */
  static async start (options: ServerProcessOptions): Promise<ServerProcess> {
    const server = new ServerProcess(options)
    const deadline = Date.now() + START_MS
    while (!await options.isReady().catch(() => false)) {
      if (!server.#hasEnded && Date.now() < deadline) {
        await sleep(POLL_MS)
        continue
      }
      const reason = server.#hasEnded ? `ended with ${server.#child.exitCode ?? server.#child.signalCode}` : `did not answer within ${START_MS / 1e3} s`
      await server.kill()
      throw new Error(`${options.name} ${reason}; the end of its log:\n${lastLines(await readFile(join(options.directory, `${options.name}.log`), 'utf8'))}`)
    }
    return server
  }

  /** Ends it at once, as a crash would. */
  async kill (): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Lets it end in order; after ten seconds it is killed. */
  async stop (): Promise<void> {
    const timer = setTimeout(() => signal(this.#child, 'SIGKILL'), STOP_MS)
    await this.#end('SIGTERM')
    clearTimeout(timer)
    signal(this.#child, 'SIGKILL') // what it has left behind in its group
  }

  async #end (name: NodeJS.Signals): Promise<void> {
    if (this.#hasEnded) return
    const exited = once(this.#child, 'exit')
    signal(this.#child, name)
    await exited
  }

  get #hasEnded (): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}

/** To the whole group. */
function signal ({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name)
  } catch { /* there is nobody left in it */ }
}
