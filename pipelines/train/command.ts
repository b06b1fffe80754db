import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { saveHead } from '../../api/inference/head.ts'
import { openModelStore } from '../../model-store/open.ts'
import { describeFile, hashFile } from '../../model-store/verify.ts'
import { type DataSet, type Example, OUT_OF_SCOPE, readDataSet } from '../data/data-set.ts'
import { readTaxonomy } from '../data/taxonomy.ts'
import { showProgress } from '../progress.ts'
import { type Step, parseOptions, usageError } from '../step.ts'
import { buildCandidate, candidateFolder } from './build-candidate.ts'
import { embed } from './embedder.ts'
import { fitDecisions } from './fit-decisions.ts'
import { modelCard } from './model-card.ts'
import { ENCODER_INPUT, ENCODER_OUTPUT, HEAD_PARAMETERS, THRESHOLD_TARGETS } from './parameters.ts'
import { scoreItems } from './predict.ts'
import { type TrainingItem, trainHead } from './train-head.ts'

const HELP = `Usage: npm run pipelines -- train --version VERSION [options]

Trains the head of the default model on a data set, calibrates it, and writes a candidate: a folder laid out like a
version of the store. Nothing is published.

  --version VERSION   version of the candidate, for example 1.1.0
  --name NAME         name of the model (default inquiry-classifier)
  --data DIR          data set (default data/inquiries/1.0.0)
  --candidate DIR     folder to write (default .cache/candidates/NAME-VERSION); a candidate that is there is replaced
  --taxonomy FILE     labels (default data/taxonomy.json)
  --encoder DIR       folder with model.onnx and its tokenizer (default: the version in production)
  --store URL         model store with the version in production (default MODEL_STORE_URL, else file:model-store/models)
  --created-at TIME   time to record (default now); with it a rebuild gives the same bytes`

const ENCODER_FILES = ['model.onnx', 'tokenizer.json', 'tokenizer_config.json', 'config.json', 'LICENSE']
const SEED = 0

/** `pipelines train`: from a data set to a candidate. */
export const trainStep: Step = { help: HELP, run: train }

async function train (args: string[], environment: Readonly<Record<string, string | undefined>>): Promise<unknown> {
  const values = parseOptions(args, {
    version: { type: 'string' },
    name: { type: 'string', default: 'inquiry-classifier' },
    data: { type: 'string', default: 'data/inquiries/1.0.0' },
    candidate: { type: 'string' },
    taxonomy: { type: 'string', default: 'data/taxonomy.json' },
    encoder: { type: 'string' },
    store: { type: 'string', default: environment.MODEL_STORE_URL ?? 'file:model-store/models' },
    'created-at': { type: 'string', default: new Date().toISOString() }
  })
  const { name, version } = values
  if (!version) throw usageError('--version is needed')
  const encoder = values.encoder ?? await productionEncoder(name, values.store)
  const taxonomy = await readTaxonomy(values.taxonomy)
  const dataSet = await readDataSet(values.data)
  const classes = [...taxonomy.labels.map(({ id }) => id), OUT_OF_SCOPE]

  const embedded = await embedSplits(dataSet, encoder)
  const head = await trainHead(embedded.train, classes, HEAD_PARAMETERS, showProgress('training', HEAD_PARAMETERS.maxIterations))
  const labelledLogits = (items: readonly TrainingItem[]) => scoreItems(head, items).map((logits, index) => ({ logits, label: items[index]!.label }))
  const decisions = fitDecisions({ validation: labelledLogits(embedded.validation), test: labelledLogits(embedded.test) }, classes, THRESHOLD_TARGETS)

  const candidate = values.candidate ?? candidateFolder(name, version)
  await buildCandidate(candidate, async staging => {
    for (const file of ENCODER_FILES) await cp(join(encoder, file), join(staging, file))
    await saveHead(staging, head)
    return {
      name,
      version,
      createdAt: values['created-at'],
      taxonomy,
      dataSet: dataSet.description,
      classes,
      input: ENCODER_INPUT,
      output: ENCODER_OUTPUT,
      pooling: 'mean of the token embeddings, L2-normalized, inside the graph',
      ...decisions,
      seed: SEED,
      parameters: {
        ...HEAD_PARAMETERS,
        thresholdTargets: THRESHOLD_TARGETS,
        made: 'train',
        encoder: await checksums(encoder),
        data: { path: values.data, digest: dataSet.description.digest },
        taxonomy: { path: values.taxonomy, sha256: await hashFile(values.taxonomy) }
      },
      licence: 'Apache-2.0 (head and data), MIT (encoder)',
      origin: 'intfloat/multilingual-e5-small, vocabulary trimmed, int8; rebuilt by pipelines/encoder',
      card: manifest => modelCard(manifest, dataSet.description)
    }
  })
  return { name, version, candidate, ...decisions }
}

async function productionEncoder (name: string, url: string): Promise<string> {
  const store = openModelStore(url)
  return (await store.fetch(name, await store.resolve(name, 'production'))).directory
}

/** SHA-256 of each of the encoder's files, by name. */
async function checksums (encoder: string): Promise<Record<string, string>> {
  const files = await Promise.all(ENCODER_FILES.map(async file => await describeFile(encoder, file)))
  return Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256]))
}

async function embedSplits ({ splits }: DataSet, encoder: string): Promise<Record<'train' | 'validation' | 'test', TrainingItem[]>> {
  const examples: Example[] = [...splits.train, ...splits.validation, ...splits.test]
  const progress = showProgress('embedding')
  const embeddings = await embed(examples.map(({ text }) => text), {
    directory: encoder, ...ENCODER_INPUT, output: ENCODER_OUTPUT, cacheDirectory: '.cache/embeddings', onProgress: progress
  })
  const items = examples.map(({ text, label }, index) => ({ text, label, embedding: embeddings[index]! }))
  const trainEnd = splits.train.length
  const validationEnd = trainEnd + splits.validation.length
  return { train: items.slice(0, trainEnd), validation: items.slice(trainEnd, validationEnd), test: items.slice(validationEnd) }
}
