/**
 * Milliseconds of the system's monotonic clock: unlike `performance.now()` the same in every thread of the
 * process, so that a deadline can travel to a worker, and unlike `Date.now()` never set back.
 */
export function monotonicMs (): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}
