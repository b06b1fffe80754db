import { access } from 'node:fs/promises'
import { join } from 'node:path'
import Type, { type Static } from 'typebox'
import { readJsonFile } from '../json-file.ts'
import { EXIT, PipelineError } from '../step.ts'
import type { Run } from '../tracking/tracker.ts'
import { flattened } from './flattened.ts'

/** How a network was fine-tuned; `pipelines/finetune` writes it beside the network. */
export const FINE_TUNING_FILE = 'training.json'

const FineTuningSchema = Type.Object({
  recipe: Type.Record(Type.String(), Type.Unknown()),
  seed: Type.Integer(),
  data: Type.Object({ name: Type.String(), version: Type.String(), digest: Type.String() }),
  base: Type.Object({ path: Type.String(), sha256: Type.String() }),
  code: Type.String({ description: 'SHA-256 over the code that trained.' }),
  device: Type.Record(Type.String(), Type.Unknown()),
  versions: Type.Record(Type.String(), Type.String()),
  history: Type.Record(Type.String(), Type.Array(Type.Record(Type.String(), Type.Number())), { description: 'By network: loss and validation accuracy of each epoch.' }),
  seconds: Type.Number()
})

export type FineTuning = Static<typeof FineTuningSchema>

/**
 * @returns undefined where the folder has no such file: its network is none of pipelines/finetune
 * @throws {PipelineError} ERR_FINE_TUNING when the file is not what pipelines/finetune writes
 */
export async function readFineTuning (directory: string): Promise<FineTuning | undefined> {
  const path = join(directory, FINE_TUNING_FILE)
  if (!await isFineTuned(directory)) return undefined
  return await readJsonFile(path, FineTuningSchema, (problem, cause) => new PipelineError('ERR_FINE_TUNING', `${path}, which pipelines/finetune writes, ${problem}`, { exitCode: EXIT.data, cause }))
}

/** Whether the folder says that pipelines/finetune made its network. */
export async function isFineTuned (directory: string): Promise<boolean> {
  return await access(join(directory, FINE_TUNING_FILE)).then(() => true, () => false)
}

/** Puts recipe and learning curves into a run. */
export async function recordFineTuning (run: Run, { recipe, seed, data, base, device, history, seconds }: FineTuning): Promise<void> {
  await run.parameters(flattened({ fineTuning: { recipe, seed, device, data: `${data.name} ${data.version}`, base: base.sha256 } }))
  for (const [network, epochs] of Object.entries(history)) {
    for (const [index, found] of epochs.entries()) {
      await run.metrics(Object.fromEntries(Object.entries(found).map(([name, value]) => [`${network}.${name}`, value])), index + 1)
    }
  }
  await run.metrics({ fineTuningSeconds: seconds })
}
