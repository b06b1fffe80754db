import { readlinkSync } from 'node:fs'
import { constants, getPriority, setPriority } from 'node:os'
import { basename } from 'node:path'

/** Steps down of the scheduler's 40; each step is about a tenth of processor time less where there is competition. */
const STEPS_DOWN = 5

/**
 * Lets the other threads of this process go first where cores are short: HTTP, timers and health checks need little and
 * cannot wait, a computation can. Linux gives each thread a priority of its own; elsewhere nothing changes.
 */
export function yieldToOtherThreads (): void {
  try {
    const thread = Number(basename(readlinkSync('/proc/thread-self')))
    setPriority(thread, Math.min(constants.priority.PRIORITY_LOW, getPriority(thread) + STEPS_DOWN))
  } catch {
    // A courtesy: what forbids it, a sandbox or another system, is no reason not to compute.
  }
}
