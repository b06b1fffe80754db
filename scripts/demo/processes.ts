import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findProjectRoot } from '../../api/project-root.ts'

export interface DemoProcessOptions {
  /** Compiled file, from the project's root, and its arguments. */
  readonly command: readonly [file: string, ...args: string[]]
  /** Its whole environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Both output streams are appended to it. */
  readonly logFile: string
  /** Told of what it sends by `process.send`. Such a process ends by itself when this one is gone. */
  readonly onMessage?: (message: unknown) => void
}

const ROOT = fileURLToPath(findProjectRoot())
const SETPRIV = '/usr/bin/setpriv'

const running = new Set<DemoProcess>()

/** Ends all processes at once, with all that they started. */
export function killAll (): void {
  for (const process of running) process.signal('SIGKILL')
}

/**
 * A process in a group of its own, so that a Ctrl-C at the terminal does not reach it and whoever started it can end
 * things in order. Where Linux can, it dies with this process, however this one ends.
 */
export class DemoProcess {
  /** Resolves with how it ended: a signal, an exit code, or why it could not start. */
  readonly ended: Promise<string>
  readonly #child: ChildProcess

  constructor ({ command, environment, logFile, onMessage }: DemoProcessOptions) {
    const log = openSync(logFile, 'a')
    const node = [process.execPath, '--enable-source-maps', ...command] as const
    const [file, ...args] = onMessage === undefined && existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', ...node] as const : node
    this.#child = spawn(file, args, { cwd: ROOT, env: { ...environment }, detached: true, stdio: ['ignore', log, log, ...(onMessage ? ['ipc' as const] : [])] })
    closeSync(log)
    running.add(this)
    this.ended = new Promise(resolve => {
      this.#child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
      this.#child.once('error', error => resolve(error.message))
    })
    this.ended.finally(() => {
      this.signal('SIGKILL') // what it left behind
      running.delete(this)
    })
    if (onMessage) this.#child.on('message', onMessage)
  }

  get pid (): number | undefined { return this.#child.pid }

  get isRunning (): boolean { return this.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null }

  /** Sends a signal to the process and to all that it started. */
  signal (signal: NodeJS.Signals): void {
    if (this.pid === undefined) return
    try {
      process.kill(-this.pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }

  /** Asks it to end, also when somebody froze it; after the limit it is killed. */
  async end (limitMs: number): Promise<void> {
    const timer = setTimeout(() => this.signal('SIGKILL'), limitMs)
    if (this.isRunning) this.#child.kill('SIGTERM')
    this.signal('SIGCONT')
    await this.ended
    clearTimeout(timer)
  }
}
