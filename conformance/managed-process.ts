import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { tiedToParent } from './tied-to-parent.ts'

export interface ManagedProcessOptions {
  /** Shell command; it is `exec`uted, so that signals reach the program itself. */
  readonly command: string
  /** Its whole environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Both output streams are appended to it. */
  readonly logFile: string
}

/** What is left of a process after this time is killed. */
const END_LIMIT_MS = 15_000

/** A process that can be killed, frozen and ended, with all its children. It ends with this process. */
export class ManagedProcess {
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown>
  #asked = false

  constructor ({ command, environment, logFile }: ManagedProcessOptions) {
    const log = openSync(logFile, 'a')
    const [program, args] = tiedToParent(['sh', '-c', `exec ${command}`])
    // In a group of its own: a Ctrl-C at the terminal reaches only this process, which then ends the others in order.
    this.#child = spawn(program, args, { env: { ...environment }, detached: true, stdio: ['ignore', log, log] })
    closeSync(log)
    this.#exit = once(this.#child, 'exit')
    this.#exit.catch(() => {})
  }

  get running (): boolean { return this.#child.exitCode === null && this.#child.signalCode === null }

  /** It ended though nobody asked it to. */
  get crashed (): boolean { return !this.running && !this.#asked }

  /** How it ended: exit code or signal. */
  get ending (): number | NodeJS.Signals | null { return this.#child.exitCode ?? this.#child.signalCode }

  pause (): void { this.#signal('SIGSTOP') }

  resume (): void { this.#signal('SIGCONT') }

  /** SIGKILL: as a crash of the machine would. */
  async kill (): Promise<void> {
    this.#asked = true
    this.#signal('SIGKILL')
    await this.#exit
  }

  /** SIGTERM, and SIGKILL for one that does not go. */
  async end (): Promise<void> {
    this.#asked = true
    this.#signal('SIGTERM')
    this.#signal('SIGCONT')
    const timer = setTimeout(() => this.#signal('SIGKILL'), END_LIMIT_MS)
    await this.#exit
    clearTimeout(timer)
    this.#signal('SIGKILL')
  }

  #signal (signal: NodeJS.Signals): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}
