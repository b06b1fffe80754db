/**
 * Milliseconds of the system's monotonic clock: unlike `performance.now()` the same in every thread of the
 * process, so that a deadline can travel to a worker, and unlike `Date.now()` never set back.
 */
export function monotonicMs (): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}

/** Waits for an event for at most `limitMs`. @returns whether it came */
export async function withinTime (event: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<boolean>(resolve => { timer = setTimeout(resolve, limitMs, false) })
  return await Promise.race([event.then(() => true), timeout]).finally(() => clearTimeout(timer))
}
