import type { MlflowClient } from '../../mlflow/client.ts'
import { type Promotion, parsePromotion } from '../../promotion.ts'
import { type RegisteredModel, setModelTag } from './registry.ts'

/** One tag an entry on the registered model: `promotion.00000001`, `promotion.00000002`, … */
const PREFIX = 'promotion.'
const DIGITS = 8

/** The log of a model, oldest first. @throws {ModelStoreError} ERR_MODEL_CORRUPT */
export function readPromotions (name: string, model: RegisteredModel | undefined): Promotion[] {
  return entries(model).map(([key, content]) => parsePromotion(content, `Tag ${key} of ${name}`))
}

/** Adds an entry; only whoever holds the model's lock may. */
export async function appendPromotion (client: MlflowClient, name: string, model: RegisteredModel, promotion: Promotion): Promise<void> {
  const last = entries(model).at(-1)?.[0] ?? `${PREFIX}0`
  const number = Number(last.slice(PREFIX.length)) + 1
  await setModelTag(client, name, PREFIX + String(number).padStart(DIGITS, '0'), JSON.stringify(promotion))
}

export function isLogged (model: RegisteredModel, content: string): boolean {
  return entries(model).some(([, entry]) => entry === content)
}

function entries (model: RegisteredModel | undefined): Array<[string, string]> {
  return [...model?.tags ?? []].filter(([key]) => /^promotion\.\d+$/.test(key)).sort(([one], [other]) => one < other ? -1 : 1)
}
