import { join } from 'node:path'
import { softmax } from '../../api/inference/scores.ts'
import { openModelStore, fetchByAlias } from '../../model-store/open.ts'
import { showProgress } from '../progress.ts'
import { type Step, parseOptions } from '../step.ts'
import { embed } from '../train/embedder.ts'
import { HEAD_PARAMETERS } from '../train/parameters.ts'
import { calibrate, scoreItems, scoreWithTemperature, toOutcomes } from '../train/predict.ts'
import { type HeadParameters, type TrainingItem, trainHead } from '../train/train-head.ts'
import { accuracy, areaUnderRoc, expectedCalibrationError, macroF1 } from './metrics.ts'
import { type BenchmarkSet, type LabelledText, readBanking77, readClinc150, readOwnSet } from './benchmark-sets.ts'

const HELP = `Usage: npm run pipelines -- benchmark [options]

Trains the default model's head on public sets, with the same encoder and code, and measures it on their test splits.
Each with the embedding alone and with n-grams beside it.

  --data DIR    folder with banking77/ and clinc150/ (default ../shared/data)
  --store URL   model store with the encoder (default file:model-store/models)
  --own DIR     the project's data set (default data/inquiries/1.0.0), measured on its validation split
  --only NAME   inquiries, BANKING77 or CLINC150`

/** Where a set has no validation split, every so manieth training text serves for the temperature. */
const HOLD_OUT_EVERY = 10

/** `pipelines benchmark` */
export const benchmarkStep: Step = { help: HELP, run: benchmark }

async function benchmark (args: string[]): Promise<void> {
  const values = parseOptions(args, {
    data: { type: 'string', default: join('..', 'shared', 'data') },
    own: { type: 'string', default: 'data/inquiries/1.0.0' },
    store: { type: 'string', default: 'file:model-store/models' },
    only: { type: 'string' }
  })
  const { manifest, directory } = await fetchByAlias(openModelStore(values.store), 'inquiry-classifier', 'production')
  const options = { directory, ...manifest.input, output: manifest.output, cacheDirectory: '.cache/embeddings' }
  const { ngrams, ...embeddingOnly } = HEAD_PARAMETERS
  console.log('| set | head | accuracy | macro-F1 | ECE | OOS AUROC, max. probability | OOS AUROC, energy |\n|---|---|---|---|---|---|---|')
  for (const set of [await readOwnSet(values.own), await readBanking77(values.data), await readClinc150(values.data)]) {
    if (values.only && !set.name.startsWith(values.only)) continue
    const embedded = await embedSet(set, async texts => await embed(texts, { ...options, onProgress: showProgress(`embedding ${set.name}`) }))
    measure(set.name, 'embedding', embedded, embeddingOnly)
    if (ngrams) measure(set.name, 'embedding + n-grams', embedded, HEAD_PARAMETERS)
  }
}

interface EmbeddedSet {
  readonly train: TrainingItem[]
  readonly validation: TrainingItem[]
  readonly test: TrainingItem[]
  readonly outOfScope: TrainingItem[]
}

async function embedSet (set: BenchmarkSet, embedTexts: (texts: string[]) => Promise<Float32Array[]>): Promise<EmbeddedSet> {
  const outside: LabelledText[] = set.outOfScope.map(text => ({ text, label: '' }))
  const all = [...set.train, ...set.validation, ...set.test, ...outside]
  const embeddings = await embedTexts(all.map(({ text }) => text))
  const items = all.map((item, index) => ({ ...item, embedding: embeddings[index]! }))
  const take = (part: readonly LabelledText[]) => items.splice(0, part.length)
  return { train: take(set.train), validation: take(set.validation), test: take(set.test), outOfScope: take(outside) }
}

function measure (name: string, title: string, { train, validation, test, outOfScope }: EmbeddedSet, parameters: HeadParameters): void {
  const classes = [...new Set(train.map(({ label }) => label))].sort()
  const progress = () => showProgress(`training ${name}, ${title}`, parameters.maxIterations)
  const head = trainHead(train, classes, parameters, progress())
  const temperature = validation.length ? calibrate(head, validation) : calibrateOnHoldOut(train, classes, parameters)
  const scored = scoreWithTemperature(head, test, temperature)
  const outcomes = toOutcomes(classes, scored)
  const certainty = (items: readonly TrainingItem[]) => scoreItems(head, items).map(logits => Math.max(...softmax(logits, temperature)))
  const energy = (items: readonly TrainingItem[]) => scoreItems(head, items).map(logSumExp)
  const auroc = (score: (items: readonly TrainingItem[]) => number[]) => outOfScope.length ? areaUnderRoc(score(test), score(outOfScope)).toFixed(4) : ''
  console.log(`| ${name} | ${title} | ${(100 * accuracy(outcomes)).toFixed(2)} | ${(100 * macroF1(outcomes)).toFixed(2)} | ${expectedCalibrationError(outcomes).toFixed(4)} | ${auroc(certainty)} | ${auroc(energy)} |`)
}

function calibrateOnHoldOut (train: readonly TrainingItem[], classes: readonly string[], parameters: HeadParameters): number {
  const held = train.filter((_, index) => index % HOLD_OUT_EVERY === 0)
  const rest = train.filter((_, index) => index % HOLD_OUT_EVERY !== 0)
  return calibrate(trainHead(rest, classes, parameters), held)
}

/** Free energy, negated, at temperature 1 (Liu et al. 2020, "Energy-based Out-of-distribution Detection"). */
function logSumExp (logits: Float64Array): number {
  const highest = Math.max(...logits)
  return highest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0))
}
