import { ModelStoreError } from '../../errors.ts'
import type { MlflowClient } from '../../mlflow/client.ts'
import { isUnavailable } from '../../mlflow/errors.ts'
import { safeName } from '../../names.ts'
import { type Promotion, parsePromotion, promotionOf } from '../../promotion.ts'
import type { AliasMove } from '../../store.ts'
import { type Lease, withLease } from './lease.ts'
import { appendPromotion, isLogged } from './promotion-log.ts'
import { AnythingSchema, type RegisteredModel, type RegisteredVersion, listRegistered, readModel } from './registry.ts'

const MOVE_DEADLINE_MS = 10_000

/** Every alias of a model and the version that it points at. */
export async function readAliases (client: MlflowClient, name: string): Promise<Record<string, string>> {
  const model = await readModel(client, name)
  if (!model || model.aliases.size === 0) return {}
  const versionOf = versionNames(await listRegistered(client, name))
  return Object.fromEntries([...model.aliases].map(([alias, number]) => [alias, versionOf(number)]))
}

/**
 * Moves an alias under the model's lock and appends the move to the log. The lock says what is about to happen, so that
 * a move which was cut short is logged by the next one.
 */
export async function moveAlias (client: MlflowClient, name: string, alias: string, version: string, move: AliasMove): Promise<Promotion> {
  safeName(alias)
  return await withLease(client, name, async lease => {
    const registered = await listRegistered(client, name)
    const versionOf = versionNames(registered)
    const model = await finishAbandoned(client, name, lease, versionOf) // first: should the rest be refused, the lock is gone
    const target = registered.find(candidate => candidate.version === version)
    if (!target) throw new ModelStoreError('ERR_MODEL_NOT_FOUND', `There is no version ${version} of ${name} in MLflow's registry`)
    const number = model.aliases.get(alias)
    const promotion = promotionOf({ name, alias, from: number === undefined ? null : versionOf(number), to: version, move })
    await lease.announce(JSON.stringify(promotion))
    lease.check()
    await pointAlias(client, name, alias, target.number)
    await appendPromotion(client, name, model, promotion)
    return promotion
  })
}

/** Points the alias and reads it back, which also tells what a lost answer was. */
async function pointAlias (client: MlflowClient, name: string, alias: string, number: string): Promise<void> {
  let failure: unknown
  try {
    await client.post('registered-models/alias', { parameters: { name, alias, version: number }, answer: AnythingSchema, deadlineMs: MOVE_DEADLINE_MS })
  } catch (error) {
    if (!isUnavailable(error)) throw error
    failure = error
  }
  const now = (await readModel(client, name))?.aliases.get(alias)
  if (now === number) return
  throw failure ?? new ModelStoreError('ERR_ALIAS_CONFLICT', `${alias} of ${name} was moved elsewhere at the same time, without the lock: MLflow's version ${now}`)
}

/** Logs the move that a holder of the lock made before it died. */
async function finishAbandoned (client: MlflowClient, name: string, { abandoned }: Lease, versionOf: (number: string) => string): Promise<RegisteredModel> {
  const model = await readModel(client, name) ?? { aliases: new Map(), tags: new Map() }
  if (abandoned === undefined || isLogged(model, abandoned)) return model
  const promotion = parsePromotion(abandoned, `The lock of ${name}`)
  const number = model.aliases.get(promotion.alias)
  if (number === undefined || versionOf(number) !== promotion.to) return model
  await appendPromotion(client, name, model, promotion)
  return await readModel(client, name) ?? model
}

/** The version behind each of MLflow's numbers; one that this store has not published is told as `mlflow:<number>`. */
function versionNames (registered: readonly RegisteredVersion[]): (number: string) => string {
  const names = new Map(registered.map(({ number, version }) => [number, version]))
  return number => names.get(number) ?? `mlflow:${number}`
}
