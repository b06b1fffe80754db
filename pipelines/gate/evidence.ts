import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Value from 'typebox/value'
import type { Manifest } from '../../model-store/manifest.ts'
import type { DataSet, Split } from '../data/data-set.ts'
import { EVALUATION_FILE, type Evaluation, EvaluationSchema } from '../evaluate/evaluation.ts'
import { modelDigest } from '../evaluate/model-digest.ts'
import { PipelineError } from '../step.ts'

/**
 * Reads the evaluation that goes with a model and checks that it is of this model, as it is now.
 * @throws {PipelineError} ERR_EVALUATION_MISSING, ERR_EVALUATION_INVALID, ERR_EVALUATION_STALE
 */
export async function readEvaluation (directory: string, manifest: Manifest): Promise<Evaluation> {
  const path = join(directory, EVALUATION_FILE)
  if (!manifest.files.some(file => file.path === EVALUATION_FILE)) {
    throw new PipelineError('ERR_EVALUATION_MISSING', `${directory} has no ${EVALUATION_FILE} in its manifest: run evaluate first`)
  }
  const evaluation = parse(await readFile(path, 'utf8'))
  if (!Value.Check(EvaluationSchema, evaluation)) {
    const [error] = Value.Errors(EvaluationSchema, evaluation)
    throw new PipelineError('ERR_EVALUATION_INVALID', `${path} is no evaluation: ${error?.instancePath || '/'} ${error?.message}`)
  }
  const { model } = evaluation
  if (model.name !== manifest.name || model.version !== manifest.version || model.digest !== modelDigest(manifest)) {
    throw new PipelineError('ERR_EVALUATION_STALE', `${path} is of ${model.name} ${model.version} with digest ${model.digest}; the files here are ${manifest.name} ${manifest.version} with digest ${modelDigest(manifest)}: run evaluate again`)
  }
  return evaluation
}

/**
 * Checks that an evaluation is on the items of a split, all of them and with these labels.
 * @throws {PipelineError} ERR_EVALUATION_STALE
 */
export function requireItems (evaluation: Evaluation, dataSet: DataSet, split: Split): void {
  if (isOnItems(evaluation, dataSet, split)) return
  const { dataset } = evaluation
  const { name, version, digest } = dataSet.description
  throw new PipelineError('ERR_EVALUATION_STALE', `The candidate was evaluated on other items: ${dataset.split} of ${dataset.name} ${dataset.version} (${dataset.digest.slice(0, 12)}, ${evaluation.predictions.length} predictions); asked for is ${split} of ${name} ${version} (${digest.slice(0, 12)}, ${dataSet.splits[split].length} items)`)
}

export function isOnItems ({ dataset, predictions }: Evaluation, { description, splits }: DataSet, split: Split): boolean {
  const truths = new Map(predictions.map(({ id, truth }) => [id, truth]))
  return dataset.digest === description.digest && dataset.split === split &&
    predictions.length === splits[split].length && splits[split].every(({ id, label }) => truths.get(id) === label)
}

function parse (content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return undefined // refused by the schema
  }
}
