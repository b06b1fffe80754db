import { join } from 'node:path'
import { writeFile } from 'node:fs/promises'
import type { Manifest } from '../../model-store/manifest.ts'
import { addToCandidate } from '../candidate.ts'
import { codeVersion } from '../code-version.ts'
import { SPLITS, readDataSet } from '../data/data-set.ts'
import { RUN_FILE } from '../tracking/candidate-run.ts'
import type { Run, Tracker } from '../tracking/tracker.ts'
import { readFineTuning, recordFineTuning } from './fine-tuning.ts'
import { flattened } from './flattened.ts'

/** What makes a candidate. */
export interface RecordedWork {
  readonly name: string
  readonly version: string
  /** Folder of the data set. */
  readonly data: string
  readonly parameters: object
  /** Folder of the network, which may say how it was fine-tuned. */
  readonly network: string
}

/** A training that is being recorded. */
export interface RecordedTraining {
  readonly onIteration: (iteration: number, loss: number) => void
  /** The candidate is there: it gets `run.json`, with which the next steps go on in the same run. */
  trained(directory: string, manifest: Manifest): Promise<void>
  /** Never throws: the failure itself is what is to be told. */
  failed(): Promise<void>
}

const CONTEXTS = { train: 'training', validation: 'validation', test: 'test' } as const
const FILES = ['MODEL_CARD.md', 'manifest.json']

/** Opens a run for what makes a candidate, with its data and parameters; what cannot be read of them is told before there is a run. */
export async function startRun (tracker: Tracker, { name, version, data, parameters, network }: RecordedWork): Promise<RecordedTraining> {
  const fineTuning = await readFineTuning(network)
  const { description } = await readDataSet(data)
  const run = await tracker.open({ name: `${name} ${version}`, tags: { 'mlflow.source.git.commit': codeVersion(), model: name, version } })
  try {
    await run.parameters(flattened(parameters))
    if (fineTuning) await recordFineTuning(run, fineTuning)
    for (const split of SPLITS) {
      const { sha256, examples } = description.files[split]!
      await run.input({ name: description.name, version: description.version, digest: sha256, context: CONTEXTS[split], rows: examples })
    }
  } catch (error) {
    await endQuietly(run)
    throw error
  }
  const losses: number[] = []
  return {
    onIteration: (_, loss) => { losses.push(loss) },
    trained: async (directory, manifest) => {
      for (const [iteration, loss] of losses.entries()) await run.metrics({ loss }, iteration + 1)
      await run.metrics(manifest.metrics)
      await run.tags({ dataset: manifest.dataset.digest })
      await writeFile(join(directory, RUN_FILE), JSON.stringify({ id: run.id }) + '\n')
      await addToCandidate(directory, [RUN_FILE])
      for (const file of FILES) await run.artefact(file, join(directory, file))
    },
    failed: async () => await endQuietly(run)
  }
}

async function endQuietly (run: Run): Promise<void> {
  await run.end('FAILED').catch(error => process.stderr.write(`The run ${run.id} could not be ended: ${error}\n`))
}
