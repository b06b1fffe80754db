import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Command } from './kafka-program.ts'
import { withLimit } from './wait.ts'

const SEND_LIMIT_MS = 20_000

/** Gives lines to a program that sends each as a record, and waits until it has. */
export async function sendLines ([command, ...args]: Command, lines: readonly string[], signal: AbortSignal): Promise<void> {
  const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'inherit'] })
  const exit = once(child, 'exit')
  child.stdin.end(lines.join(''))
  try {
    const [code] = await withLimit(exit, { what: `${command} to send`, limitMs: SEND_LIMIT_MS, signal })
    if (code !== 0) throw new Error(`${command} ended with ${code} sending ${lines.length} records`)
  } finally {
    child.kill('SIGKILL')
  }
}
