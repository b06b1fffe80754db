import { open, rm, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ModelStoreError } from '../errors.ts'

const WAIT_MS = 5_000
const STALE_AFTER_MS = 30_000

/**
 * Runs `work` while holding a lock file, created exclusively. Waits for another holder at most 5 s; a lock older
 * than 30 s was left by a process that died, and is taken over.
 * @throws {ModelStoreError} ERR_STORE_LOCKED
 */
export async function withLock<Result> (path: string, work: () => Promise<Result>): Promise<Result> {
  const giveUpAt = Date.now() + WAIT_MS
  while (!await acquire(path)) {
    if (Date.now() > giveUpAt) throw new ModelStoreError('ERR_STORE_LOCKED', `${path} is held by another process`)
    await sleep(20)
  }
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

async function acquire (path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx')
    await handle.close()
    return true
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  const age = await stat(path).then(stats => Date.now() - stats.mtimeMs, () => 0)
  if (age > STALE_AFTER_MS) await rm(path, { force: true })
  return false
}
