import { makeLoad, startService } from './service.ts'

const STEPS = 10

/** Sends many requests and watches resident memory: it must be small, and flat over the last half. */
export async function measureMemory (texts: readonly string[], requests: number): Promise<void> {
  const service = await startService()
  const { origin } = service
  try {
    const start = service.residentMb()
    const after: number[] = []
    for (let step = 0; step < STEPS; step++) {
      await makeLoad({ kind: 'closed', origin, texts, connections: 8, limit: { requests: requests / STEPS } })
      after.push(service.residentMb())
      console.log(`${Math.round((step + 1) * requests / STEPS)} requests: ${after.at(-1)!.toFixed(0)} MB resident`)
    }
    const growth = after.at(-1)! / after[STEPS / 2 - 1]! - 1
    console.log(`\nResident memory: ${start.toFixed(0)} MB when ready, ${after.at(-1)!.toFixed(0)} MB after ${requests} requests; growth over the last half ${(100 * growth).toFixed(1)} %\n`)
  } finally {
    await service.stop()
  }
}
