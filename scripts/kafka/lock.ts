import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const RETRY_MS = 200
/** Longer than any work done under a lock: also ends the wait for a process whose number was given to another one. */
const STALE_MS = 10 * 60_000

/** Does the work while no other process does work under the same lock file. A lock whose owner died counts for nothing. */
export async function withLock<Result> (file: string, work: () => Promise<Result>): Promise<Result> {
  await mkdir(dirname(file), { recursive: true })
  const own = `${file}.${randomUUID()}`
  await writeFile(own, String(process.pid))
  try {
    while (!await take(own, file)) await sleep(RETRY_MS)
  } finally {
    await rm(own, { force: true })
  }
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

/** A hard link appears at once and with its owner's number in it, unlike a file that is created and then written. */
async function take (own: string, file: string): Promise<boolean> {
  try {
    await link(own, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (await isStale(file)) await rm(file, { force: true })
    return false
  }
}

async function isStale (file: string): Promise<boolean> {
  try {
    const [owner, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)])
    return !isAlive(Number(owner)) || Date.now() - mtimeMs > STALE_MS
  } catch {
    return false // given back meanwhile
  }
}

function isAlive (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
