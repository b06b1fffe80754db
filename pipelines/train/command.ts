import { execFileSync } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { saveHead } from '../../api/inference/head.ts'
import type { Manifest } from '../../model-store/manifest.ts'
import { openModelStore } from '../../model-store/open.ts'
import { describeFile } from '../../model-store/verify.ts'
import { type DataSet, type Example, OUT_OF_SCOPE, readDataSet } from '../data/data-set.ts'
import { evaluate } from '../evaluate/report.ts'
import { showProgress } from '../progress.ts'
import { type Step, parseOptions, usageError } from '../step.ts'
import { embed } from './embedder.ts'
import { modelCard } from './model-card.ts'
import { ENCODER_INPUT, ENCODER_OUTPUT, HEAD_PARAMETERS, THRESHOLD_TARGETS } from './parameters.ts'
import { calibrate, scoreWithTemperature } from './predict.ts'
import { chooseThresholds } from './thresholds.ts'
import { type TrainingItem, trainHead } from './train-head.ts'

const HELP = `Usage: npm run pipelines -- train --version VERSION [options]

Trains the head of the default model on a data set, calibrates it, publishes the version and prints its metrics.

  --version VERSION   version to publish, for example 1.1.0
  --name NAME         name of the model (default inquiry-classifier)
  --data DIR          data set (default data/inquiries/1.0.0)
  --taxonomy FILE     labels (default data/taxonomy.json)
  --encoder DIR       folder with model.onnx and its tokenizer (default: the version in production)
  --store URL         model store (default file:model-store/models)
  --promote           point the alias production at the new version
  --created-at TIME   time to record (default now); with it a rebuild gives the same bytes`

interface Taxonomy { name: string, version: string, labels: Array<{ id: string, group: string, de: string, en: string, description: string }> }

const ENCODER_FILES = ['model.onnx', 'tokenizer.json', 'tokenizer_config.json', 'config.json', 'LICENSE']
const SEED = 0

/** `pipelines train`: from a data set to a published version. */
export const trainStep: Step = { help: HELP, run: train }

async function train (args: string[]): Promise<unknown> {
  const values = parseOptions(args, {
    version: { type: 'string' },
    name: { type: 'string', default: 'inquiry-classifier' },
    data: { type: 'string', default: 'data/inquiries/1.0.0' },
    taxonomy: { type: 'string', default: 'data/taxonomy.json' },
    encoder: { type: 'string' },
    store: { type: 'string', default: 'file:model-store/models' },
    promote: { type: 'boolean', default: false },
    'created-at': { type: 'string', default: new Date().toISOString() }
  })
  if (!values.version) throw usageError('--version is needed')
  const store = openModelStore(values.store)
  const encoder = values.encoder ?? (await store.fetch(values.name, await store.resolve(values.name, 'production'))).directory
  const taxonomy: Taxonomy = JSON.parse(await readFile(values.taxonomy, 'utf8'))
  const dataSet = await readDataSet(values.data)
  const classes = [...taxonomy.labels.map(({ id }) => id), OUT_OF_SCOPE]

  const embedded = await embedSplits(dataSet, encoder)
  const head = trainHead(embedded.train, classes, HEAD_PARAMETERS, showProgress('training', HEAD_PARAMETERS.maxIterations))
  const temperature = calibrate(head, embedded.validation)
  const validation = scoreWithTemperature(head, embedded.validation, temperature)
  const thresholds = chooseThresholds(validation, classes, THRESHOLD_TARGETS)
  const metrics = prefixed('validation', evaluate(validation, classes, thresholds))
  const test = evaluate(scoreWithTemperature(head, embedded.test, temperature), classes, thresholds)

  const staging = await mkdtemp(join(tmpdir(), 'inquiry-model-'))
  try {
    for (const file of ENCODER_FILES) await cp(join(encoder, file), join(staging, file))
    const headFiles = await saveHead(staging, head)
    const description = {
      schemaVersion: 1,
      name: values.name,
      version: values.version,
      createdAt: values['created-at'],
      taxonomy: { name: taxonomy.name, version: taxonomy.version },
      labels: taxonomy.labels.map(({ id, group, de, en, description }) => ({ id, group, names: { de, en }, description })),
      classes,
      input: ENCODER_INPUT,
      output: ENCODER_OUTPUT,
      pooling: 'mean of the token embeddings, L2-normalized, inside the graph',
      calibration: { temperature },
      thresholds,
      dataset: { name: dataSet.description.name, version: dataSet.description.version, digest: dataSet.description.digest },
      training: { gitCommit: gitCommit(), seed: SEED, parameters: { ...HEAD_PARAMETERS, thresholdTargets: THRESHOLD_TARGETS } },
      metrics: { ...metrics, ...prefixed('test', test) },
      licence: 'Apache-2.0 (head and data), MIT (encoder)',
      origin: 'intfloat/multilingual-e5-small, vocabulary trimmed, int8; rebuilt by pipelines/encoder'
    } satisfies Omit<Manifest, 'files'>
    await writeFile(join(staging, 'MODEL_CARD.md'), modelCard(description, dataSet.description))
    const files = await Promise.all([...ENCODER_FILES, ...headFiles, 'MODEL_CARD.md'].map(file => describeFile(staging, file)))
    await writeFile(join(staging, 'manifest.json'), JSON.stringify({ ...description, files }, null, 2) + '\n')
    await store.publish(staging)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  if (values.promote) await store.setAlias(values.name, 'production', values.version, { by: 'pipelines train' })
  return { name: values.name, version: values.version, promoted: values.promote, temperature, thresholds, validation: metrics, test }
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

function prefixed (prefix: string, metrics: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`${prefix}.${name}`, Number(value.toFixed(6))]))
}

function gitCommit (): string {
  return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim()
}
