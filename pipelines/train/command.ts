import type { Manifest } from '../../model-store/manifest.ts'
import { verifyDirectory } from '../../model-store/verify.ts'
import { openModelStore } from '../../model-store/open.ts'
import { readDataSet } from '../data/data-set.ts'
import { DEFAULT_DATA } from '../data/default-data.ts'
import { type Environment, type Step, parseOptions, usageError } from '../step.ts'
import { openTracker } from '../tracking/open-tracker.ts'
import { candidateFolder } from './build-candidate.ts'
import { findEncoder } from './find-encoder.ts'
import { readParameters } from './parameters.ts'
import { startRun } from './record-run.ts'
import { type TrainOptions, isMadeFrom, recipeOf, trainCandidate, workOf } from './train-candidate.ts'

const HELP = `Usage: npm run pipelines -- train --version VERSION [options]

Trains the head of the default model on a data set, calibrates it, and writes a candidate: a folder laid out like a
version of the store. Nothing is published. Does nothing where the candidate was made from the same data, encoder,
parameters and code.

Reads   the data set, the encoder, .cache/embeddings
Writes  the candidate; the run is recorded where MLFLOW_TRACKING_URI says, else in .cache/runs

  --version VERSION   version of the candidate, for example 1.1.0
  --name NAME         name of the model (default inquiry-classifier)
  --data DIR          data set (default ${DEFAULT_DATA})
  --candidate DIR     folder to write (default .cache/candidates/NAME-VERSION); a candidate that is there is replaced
  --taxonomy FILE     labels (default data/taxonomy.json)
  --encoder DIR       folder with model.onnx and its tokenizer (default: the version in production)
  --parameters FILE   JSON { head, thresholdTargets } in place of those in pipelines/train/parameters.ts
  --store URL         model store with the version in production (default MODEL_STORE_URL, else file:model-store/models)
  --force             trains although nothing changed
  --created-at TIME   time to record (default now); with it a rebuild gives the same bytes`

/** `pipelines train`: from a data set to a candidate. */
export const trainStep: Step = { help: HELP, run: train }

async function train (args: string[], environment: Environment): Promise<unknown> {
  const values = parseOptions(args, {
    version: { type: 'string' },
    name: { type: 'string', default: 'inquiry-classifier' },
    data: { type: 'string', default: DEFAULT_DATA },
    candidate: { type: 'string' },
    taxonomy: { type: 'string', default: 'data/taxonomy.json' },
    encoder: { type: 'string' },
    parameters: { type: 'string' },
    store: { type: 'string', default: environment.MODEL_STORE_URL || 'file:model-store/models' },
    force: { type: 'boolean', default: false },
    'created-at': { type: 'string', default: new Date().toISOString() }
  })
  const { name, version, data, taxonomy } = values
  if (!version) throw usageError('--version is needed')
  const directory = values.candidate ?? candidateFolder(name, version)
  const options: TrainOptions = {
    name,
    version,
    data,
    taxonomy,
    encoder: await findEncoder(values.encoder, openModelStore(values.store, environment), name),
    ...await readParameters(values.parameters),
    createdAt: values['created-at']
  }
  const present = await verifyDirectory(directory).catch(() => undefined)
  if (present && !values.force && await isUnchanged(present, options)) return summary(directory, present, true)

  const run = await startRun(openTracker(environment), workOf(options))
  try {
    const manifest = await trainCandidate(directory, { ...options, onIteration: run.onIteration })
    await run.trained(directory, manifest)
    return summary(directory, manifest, false)
  } catch (error) {
    await run.failed()
    throw error
  }
}

async function isUnchanged (present: Manifest, options: TrainOptions): Promise<boolean> {
  const { description } = await readDataSet(options.data)
  return present.name === options.name && present.version === options.version && isMadeFrom(present, await recipeOf(options), description.digest)
}

function summary (candidate: string, { name, version, calibration, thresholds, metrics, dataset }: Manifest, unchanged: boolean) {
  return { name, version, candidate, unchanged, dataset, calibration, thresholds, metrics }
}
