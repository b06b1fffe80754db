import type { LoadResult } from './load-generator.ts'
import { makeLoad, startService } from './service.ts'
import { median, quantile } from './statistics.ts'

const DEADLINE_MS = 200
const FACTORS = [2, 4]
/** Normal again: the median of a tenth of a second is at most twice the quiet one. */
const RECOVERED_FACTOR = 2
const SLICE_MS = 100

/** Clients with a deadline of 200 ms come faster than the service can answer; then they are gone. */
export async function measureOverload (texts: readonly string[], durationMs: number): Promise<void> {
  const service = await startService()
  const { origin } = service
  try {
    await makeLoad({ kind: 'closed', origin, texts, connections: 8, limit: { durationMs: 2_000 } })
    const full = await makeLoad({ kind: 'closed', origin, texts, connections: 8, limit: { durationMs } })
    const capacity = full.replies.length / full.elapsedMs * 1e3
    const quiet = await makeLoad({ kind: 'closed', origin, texts, connections: 1, limit: { durationMs: 2_000 } })
    const quietMs = median(quiet.replies.map(({ ms }) => ms))
    console.log(`Overload: open loop, deadline ${DEADLINE_MS} ms; capacity ${capacity.toFixed(1)}/s at 8 connections, quiet p50 ${quietMs.toFixed(1)} ms\n`)
    console.log('| offered | in time / s | of capacity | refused | refusal p50 / p99 ms | late or failed | recovered after ms |\n|---|---|---|---|---|---|---|')
    for (const factor of FACTORS) {
      const result = await makeLoad({ kind: 'open', origin, texts, ratePerSecond: capacity * factor, deadlineMs: DEADLINE_MS, durationMs })
      const after = await makeLoad({ kind: 'closed', origin, texts, connections: 1, limit: { durationMs: 3_000 } })
      printRow(factor, capacity, durationMs, result, recoveryMs(after, quietMs))
    }
    console.log()
  } finally {
    await service.stop()
  }
}

function printRow (factor: number, capacity: number, durationMs: number, { replies }: LoadResult, recovered: number): void {
  const inTime = replies.filter(({ status, ms }) => status === 200 && ms <= DEADLINE_MS).length
  const refusals = replies.filter(({ status }) => status === 429).map(({ ms }) => ms)
  const rest = replies.length - inTime - refusals.length
  const perSecond = inTime / durationMs * 1e3
  console.log(`| ${factor} × | ${perSecond.toFixed(1)} | ${(perSecond / capacity).toFixed(3)} | ${refusals.length} of ${replies.length} | ${quantile(refusals, 0.5).toFixed(1)} / ${quantile(refusals, 0.99).toFixed(1)} | ${rest} | ${recovered} |`)
}

/** When the first slice began whose median was normal again; counted from the end of the overload. */
function recoveryMs ({ replies }: LoadResult, quietMs: number): number {
  let elapsed = 0
  let slice: number[] = []
  for (const { ms } of replies) {
    slice.push(ms)
    if (slice.reduce((sum, value) => sum + value, 0) < SLICE_MS) continue
    if (median(slice) <= RECOVERED_FACTOR * quietMs) return Math.round(elapsed)
    elapsed += slice.reduce((sum, value) => sum + value, 0)
    slice = []
  }
  return Infinity
}
