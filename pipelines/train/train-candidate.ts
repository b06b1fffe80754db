import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { saveHead } from '../../api/inference/head.ts'
import type { Manifest } from '../../model-store/manifest.ts'
import { describeFile, hashFile } from '../../model-store/verify.ts'
import { codeDigest } from '../code-version.ts'
import { type DataSet, type Example, OUT_OF_SCOPE, digestOf, readDataSet } from '../data/data-set.ts'
import { readTaxonomy } from '../data/taxonomy.ts'
import { showProgress } from '../progress.ts'
import { buildCandidate } from './build-candidate.ts'
import { embed } from './embedder.ts'
import { type EncoderConfig, readEncoderConfig } from './encoder-config.ts'
import { FINE_TUNING_FILE, isFineTuned } from './fine-tuning.ts'
import { fitDecisions } from './fit-decisions.ts'
import { modelCard } from './model-card.ts'
import { scoreItems } from './predict.ts'
import type { RecordedWork } from './record-run.ts'
import type { ThresholdTargets } from './thresholds.ts'
import { type HeadParameters, type TrainingItem, trainHead } from './train-head.ts'

/** Everything that the result depends on, and where it goes. */
export interface TrainOptions {
  readonly name: string
  readonly version: string
  /** Folder of the data-set version. */
  readonly data: string
  /** File with the labels. */
  readonly taxonomy: string
  /** Folder with the encoder and its tokenizer. */
  readonly encoder: string
  readonly head: HeadParameters
  readonly thresholdTargets: ThresholdTargets
  readonly createdAt: string
  /** Told the loss after each iteration. */
  readonly onIteration?: (iteration: number, loss: number) => void
}

export const ENCODER_FILES = ['model.onnx', 'tokenizer.json', 'tokenizer_config.json', 'config.json', 'LICENSE']
export const EMBEDDING_CACHE = '.cache/embeddings'
/** Nothing is drawn at random: the fit starts from zero and takes all items. Recorded so that a reader need not guess. */
const SEED = 0

/**
 * What a version is made from; the same recipe and code give the same bytes on the same kind of processor. Paths are
 * not part of it.
 */
export interface Recipe {
  readonly made: 'train'
  readonly head: HeadParameters
  readonly thresholdTargets: ThresholdTargets
  /** SHA-256 of the encoder's files, by name. */
  readonly encoder: Readonly<Record<string, string>>
  /** SHA-256 of the taxonomy's file. */
  readonly taxonomy: string
  /** SHA-256 over the code that trains. */
  readonly code: string
}

export async function recipeOf ({ encoder, taxonomy, head, thresholdTargets }: Pick<TrainOptions, 'encoder' | 'taxonomy' | 'head' | 'thresholdTargets'>): Promise<Recipe> {
  const files = await Promise.all((await encoderFiles(encoder)).map(async file => await describeFile(encoder, file)))
  return {
    made: 'train',
    head,
    thresholdTargets,
    encoder: Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256])),
    taxonomy: await hashFile(taxonomy),
    code: await codeDigest(['../api/inference', 'onnx', 'train'])
  }
}

async function encoderFiles (directory: string): Promise<string[]> {
  return await isFineTuned(directory) ? [...ENCODER_FILES, FINE_TUNING_FILE] : ENCODER_FILES
}

/** What a run records of a training. */
export function workOf ({ name, version, data, head, thresholdTargets, encoder }: TrainOptions): RecordedWork {
  return { name, version, data, parameters: { head, thresholdTargets }, network: encoder }
}

/** Whether a version was made from this recipe and these data. */
export function isMadeFrom ({ dataset, training }: Manifest, recipe: Recipe, dataDigest: string): boolean {
  const { embeddings: _, ...recorded } = training.parameters
  return dataset.digest === dataDigest && digestOf(JSON.stringify(recorded)) === digestOf(JSON.stringify(recipe))
}

/** Trains the head on the training split, calibrates it on the validation split, and writes the candidate. */
export async function trainCandidate (directory: string, options: TrainOptions): Promise<Manifest> {
  const { name, version, encoder, head: parameters, thresholdTargets, createdAt, onIteration } = options
  const recipe = await recipeOf(options)
  const taxonomy = await readTaxonomy(options.taxonomy)
  const dataSet = await readDataSet(options.data)
  const classes = [...taxonomy.labels.map(({ id }) => id), OUT_OF_SCOPE]

  const encoderConfig = await readEncoderConfig(encoder)
  const embedded = await embedSplits(dataSet, encoder, encoderConfig)
  const progress = showProgress('training', parameters.maxIterations)
  const head = await trainHead(embedded.train, classes, parameters, (iteration, loss) => {
    progress(iteration)
    onIteration?.(iteration, loss)
  })
  const labelledLogits = (items: readonly TrainingItem[]) => scoreItems(head, items).map((logits, index) => ({ logits, label: items[index]!.label }))
  const decisions = fitDecisions({ validation: labelledLogits(embedded.validation), test: labelledLogits(embedded.test) }, classes, thresholdTargets)

  return await buildCandidate(directory, async staging => {
    for (const file of await encoderFiles(encoder)) await cp(join(encoder, file), join(staging, file))
    await saveHead(staging, head)
    return {
      name,
      version,
      createdAt,
      taxonomy,
      dataSet: dataSet.description,
      classes,
      input: encoderConfig.input,
      output: encoderConfig.output,
      pooling: 'mean of the token embeddings, L2-normalized, inside the graph',
      ...decisions,
      seed: SEED,
      parameters: { ...recipe, embeddings: digestOfEmbeddings(embedded.train) },
      licence: 'Apache-2.0 (head and data), MIT (encoder)',
      origin: encoderConfig.upstream,
      card: manifest => modelCard(manifest, dataSet.description, encoderConfig)
    }
  })
}

/** Tells whether a rebuild that differs differs already in what the encoder says, as on another kind of processor. */
export function digestOfEmbeddings (items: readonly TrainingItem[]): string {
  return digestOf(Buffer.concat(items.map(({ embedding }) => Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength))))
}

async function embedSplits ({ splits }: DataSet, encoder: string, { input, output }: EncoderConfig): Promise<Record<'train' | 'validation' | 'test', TrainingItem[]>> {
  const examples: Example[] = [...splits.train, ...splits.validation, ...splits.test]
  const embeddings = await embed(examples.map(({ text }) => text), {
    directory: encoder, ...input, output, cacheDirectory: EMBEDDING_CACHE, onProgress: showProgress('embedding')
  })
  const items = examples.map(({ text, label }, index) => ({ text, label, embedding: embeddings[index]! }))
  const trainEnd = splits.train.length
  const validationEnd = trainEnd + splits.validation.length
  return { train: items.slice(0, trainEnd), validation: items.slice(trainEnd, validationEnd), test: items.slice(validationEnd) }
}
