import { ModelStoreError } from '../../model-store/errors.ts'
import type { AliasMove, ModelStore } from '../../model-store/store.ts'
import { PRODUCTION } from '../gate/gate.ts'
import { PipelineError } from '../step.ts'
import { PREVIOUS } from './promote.ts'

export interface RollbackOptions {
  readonly store: ModelStore
  readonly name: string
  /** Who rolls back, for the log. */
  readonly by: string
  /** Why, for the log. */
  readonly reason?: string | undefined
}

export interface RollbackOutcome {
  readonly name: string
  /** What is in production again. */
  readonly version: string
  /** What was in production, and is `previous` now. */
  readonly from: string
}

/**
 * Puts `previous` back into production; what was there becomes `previous`, so that a second rollback undoes the first.
 *
 * `production` moves first, because it is what hurts. When the process dies before the second move, both aliases point
 * at the same version, and the same command makes the second move only.
 * @throws {PipelineError} ERR_NO_PREVIOUS
 * @throws {ModelStoreError} ERR_ALIAS_NOT_FOUND when nothing is in production, ERR_ALIAS_CONFLICT when another move came
 * first, ERR_MODEL_CORRUPT when `previous` is damaged
 */
export async function rollback ({ store, name, by, reason }: RollbackOptions): Promise<RollbackOutcome> {
  const from = await store.resolve(name, PRODUCTION)
  const { [PREVIOUS]: previous } = await store.aliases(name)
  const move = { by, ...(reason !== undefined && { reason }) }
  if (previous === undefined) throw new PipelineError('ERR_NO_PREVIOUS', `${name} has no previous version to go back to: ${from} is the first in production`)
  if (previous === from) return await finish(store, name, from, move)

  const { manifest } = await store.fetch(name, previous)
  await store.setAlias(name, PRODUCTION, manifest.version, { ...move, expected: from })
  await pointPrevious(store, name, from, { ...move, expected: previous })
  return { name, version: previous, from }
}

/** Both aliases at one version: what a rollback leaves that was interrupted, or a promotion. */
async function finish (store: ModelStore, name: string, version: string, move: AliasMove): Promise<RollbackOutcome> {
  const last = (await store.promotions(name)).at(-1)
  if (last?.alias !== PRODUCTION || last.to !== version || last.from === null) {
    throw new PipelineError('ERR_NO_PREVIOUS', `${name} has no previous version to go back to: previous and production both point at ${version}, as an interrupted promotion leaves them. Repeat that promotion, or see history`)
  }
  await pointPrevious(store, name, last.from, { ...move, expected: version })
  return { name, version, from: last.from }
}

/** A promotion at the same time may have pointed it there already. */
async function pointPrevious (store: ModelStore, name: string, version: string, move: AliasMove): Promise<void> {
  try {
    await store.setAlias(name, PREVIOUS, version, move)
  } catch (error) {
    const conflict = error instanceof ModelStoreError && error.code === 'ERR_ALIAS_CONFLICT'
    if (!conflict || await store.resolve(name, PREVIOUS) !== version) throw error
  }
}
