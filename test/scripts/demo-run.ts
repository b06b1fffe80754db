import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'

const DECISION = /^\d\d:\d\d:\d\d +\d+ ms {2}(classified|manual) +(.+?) {2}/
/** A busy machine has time: these runs are not about deadlines. */
const TIMEOUT_MS = '60000'

/** One run of the demo in a process group and with a folder for temporary files of its own. */
export class DemoRun {
  readonly temporary: string
  readonly lines: string[] = []
  /** Resolves with its exit code, when its output is complete. */
  readonly ended: Promise<number | null>
  readonly #mark = randomUUID()
  readonly #child: ChildProcess
  readonly #watchers = new Set<() => void>()

  constructor (t: Test, args: string[], environment: Record<string, string> = {}) {
    this.temporary = t.testdir()
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('KAFKA_'))
    this.#child = spawn(process.execPath, ['dist/scripts/demo/main.js', ...args], {
      env: { ...Object.fromEntries(inherited), INQUIRY_TIMEOUT_MS: TIMEOUT_MS, TMPDIR: this.temporary, DEMO_MARK: this.#mark, ...environment },
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit']
    })
    createInterface({ input: this.#child.stdout! }).on('line', line => {
      this.lines.push(line)
      for (const watcher of this.#watchers) watcher()
    })
    this.ended = once(this.#child, 'close').then(([code]) => code as number | null)
    t.teardown(() => { for (const pid of this.processes()) process.kill(pid, 'SIGKILL') })
  }

  get output (): string { return this.lines.join('\n') }

  get decisions (): Array<{ decision: string, outcome: string }> {
    return this.lines.flatMap(line => {
      const [, decision, outcome] = DECISION.exec(line) ?? []
      return decision === undefined ? [] : [{ decision, outcome: outcome! }]
    })
  }

  async untilDecisions (count: number): Promise<void> {
    await this.#until(() => this.decisions.length >= count)
  }

  async untilLine (pattern: RegExp): Promise<void> {
    await this.#until(() => this.lines.some(line => pattern.test(line)))
  }

  /** To the whole group, as a terminal does. */
  signal (signal: NodeJS.Signals): void {
    process.kill(-this.#child.pid!, signal)
  }

  /** All processes that it or its children started, in whatever group: they have inherited the mark. */
  processes (): number[] {
    return readdirSync('/proc').map(Number).filter(pid => pid > 0 && environmentOf(pid).includes(this.#mark))
  }

  async #until (isSo: () => boolean): Promise<void> {
    const seen = new Promise<void>(resolve => {
      const look = () => {
        if (!isSo()) return
        this.#watchers.delete(look)
        resolve()
      }
      this.#watchers.add(look)
      look()
    })
    const early = this.ended.then(code => { if (!isSo()) throw new Error(`The demo ended with ${code}:\n${this.output}`) })
    await Promise.race([seen, early])
  }
}

function environmentOf (pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return '' // ended meanwhile
  }
}
