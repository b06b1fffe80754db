import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ModelStoreError } from '../../errors.ts'
import type { MlflowClient } from '../../mlflow/client.ts'
import { isUnavailable } from '../../mlflow/errors.ts'
import { createModel, deleteModel, readModel, renameModel, setModelTag } from './registry.ts'

/** The lock on a model's aliases, while it is held. */
export interface Lease {
  /** What the holder before was about to do, when it died over it. */
  readonly abandoned: string | undefined
  /** Writes down what comes next, for whoever takes the lock over should this process die. */
  announce(work: string): Promise<void>
  /** Throws ERR_STORE_LOCKED when the lock was held for so long that another may soon take it over. */
  check(): void
}

/** A lock that is older was left by a process that died. */
const STALE_AFTER_MS = 30_000
/** Latest begin of a move, which then takes 10 s at most: clocks may differ by 10 s before a living owner is taken for dead. */
const HOLD_MS = 10_000
const RELEASE_MS = 20_000
const WAIT_MS = 45_000
const POLL_MS = 150

const OWNER = 'lock.owner'
const SINCE = 'lock.since'
const WORK = 'lock.work'

/**
 * Runs `work` while holding a lock. MLflow has no compare-and-set, but creating a registered model is atomic: the
 * lock of `x` is the registered model `x.lock`, which says who holds it and since when.
 *
 * A stale lock is taken over by renaming it after its owner. Of several who try, one finds the old name and the new name
 * free; the empty model of that name stays, so that one who comes late cannot rename a lock that is not stale.
 * @throws {ModelStoreError} ERR_STORE_LOCKED
 */
export async function withLease<Result> (client: MlflowClient, model: string, work: (lease: Lease) => Promise<Result>): Promise<Result> {
  const lock = `${model}.lock`
  const owner = randomUUID()
  const { abandoned, since } = await acquire(client, lock, owner)
  const lease: Lease = {
    abandoned,
    announce: async content => await setModelTag(client, lock, WORK, content),
    check () {
      if (Date.now() - since > HOLD_MS) throw new ModelStoreError('ERR_STORE_LOCKED', `${lock} was held for ${HOLD_MS / 1e3} s: the server is too slow for a safe move`)
    }
  }
  let isKnown = true
  try {
    return await work(lease)
  } catch (error) {
    // Whether the last call was carried out is not known. The next holder finds out, with the lock's help.
    isKnown = !isUnavailable(error)
    throw error
  } finally {
    // Later it may be another's, and when it cannot be released it becomes stale.
    if (isKnown && Date.now() - since < RELEASE_MS) await deleteModel(client, lock).catch(() => false)
  }
}

async function acquire (client: MlflowClient, lock: string, owner: string): Promise<{ abandoned: string | undefined, since: number }> {
  let abandoned: string | undefined
  for (const giveUpAt = Date.now() + WAIT_MS; ;) {
    const since = Date.now()
    const tags = { [OWNER]: owner, [SINCE]: new Date(since).toISOString(), ...(abandoned !== undefined && { [WORK]: abandoned }) }
    if (await createModel(client, lock, { description: 'Held while an alias moves; not a model.', tags })) return { abandoned, since }
    const held = (await readModel(client, lock))?.tags
    const age = Date.now() - Date.parse(held?.get(SINCE) ?? '')
    if (held && age > STALE_AFTER_MS && await renameModel(client, lock, `${lock}.${held.get(OWNER)}`)) {
      abandoned = held.get(WORK)
      continue
    }
    if (Date.now() > giveUpAt) {
      throw new ModelStoreError('ERR_STORE_LOCKED', `The registered model ${lock} is held since ${held?.get(SINCE)}; a lock that is older than ${STALE_AFTER_MS / 1e3} s is taken over`)
    }
    await sleep(POLL_MS)
  }
}
