import { decide } from '../../api/inference/decision.ts'
import { softmax } from '../../api/inference/scores.ts'
import type { Manifest } from '../../model-store/manifest.ts'
import type { StoredModel } from '../../model-store/store.ts'
import { type DataSet, type Example, OUT_OF_SCOPE, type Split } from '../data/data-set.ts'
import { showProgress } from '../progress.ts'
import { type ScoreOptions, scoreTexts } from '../score/score-texts.ts'
import { EXIT, PipelineError } from '../step.ts'
import { measureBaselines } from './baselines/baselines.ts'
import { type Answer, judge, textsOf } from './behaviour/behaviour-test.ts'
import { noisyCopies } from './behaviour/noise.ts'
import { createRandom, shuffle } from '../random.ts'
import { behaviourTests } from './behaviour/suite.ts'
import { coverageCurve } from './coverage.ts'
import { type Evaluation, EVALUATION_SCHEMA_VERSION } from './evaluation.ts'
import { confusionOf, reliabilityOf, scoresByClass } from './metrics.ts'
import { answeringFiles, modelDigest } from './model-digest.ts'
import { compareWithFloat } from './quantization.ts'
import { classOutcomes, isInScope, labelOutcomes, outOfScopeQuality, qualityOf } from './quality.ts'
import { measureServing } from './serving.ts'
import { type ScoredExample, sliceQuality } from './slices.ts'

export interface EvaluateOptions {
  readonly model: StoredModel
  readonly dataSet: DataSet
  readonly split: Split
  /** Folder with the outputs of encoders. */
  readonly cacheDirectory: string
  /** Folder with the encoder in floating point, to compare with. */
  readonly floatEncoder?: string | undefined
  /** Time to record, ISO 8601. */
  readonly createdAt: string
}

/** Of what is drawn and changed in the tests of behaviour. */
const SEED = 20_261_125
/** Items on which latency, parity and the float encoder are measured. */
const SAMPLE = 200

/**
 * Everything that is known of a model on one split of a data set. Deterministic but for the latency.
 * @throws {PipelineError} ERR_DATA_UNFIT when the split has no item in scope, or labels that the model does not know
 */
export async function evaluateModel ({ model, dataSet, split, cacheDirectory, floatEncoder, createdAt }: EvaluateOptions): Promise<Evaluation> {
  const { manifest, directory } = model
  const examples = dataSet.splits[split]
  requireFit(examples, manifest, `${dataSet.description.name} ${dataSet.description.version}, ${split}`)
  const tests = behaviourTests(examples, manifest, SEED)
  const noisy = Object.entries(noisyCopies(examples.filter(({ label }) => label !== OUT_OF_SCOPE), SEED))
  const score = await createScorer(directory, manifest, [...examples, ...noisy.flatMap(([, copies]) => copies)].map(({ text }) => text).concat(textsOf(tests)), {
    cacheDirectory, onProgress: showProgress('embedding')
  })

  const scored = examples.map(score)
  const inScope = scored.filter(isInScope)
  const outcomes = labelOutcomes(inScope, manifest)
  const sample = shuffle(examples, createRandom(SEED)).slice(0, SAMPLE)
  return rounded({
    schemaVersion: EVALUATION_SCHEMA_VERSION,
    model: { name: manifest.name, version: manifest.version, digest: modelDigest(manifest) },
    dataset: { name: dataSet.description.name, version: dataSet.description.version, digest: dataSet.description.digest, split },
    createdAt,
    overall: qualityOf(inScope, manifest),
    outOfScope: outOfScopeQuality(scored, manifest),
    perClass: scoresByClass(outcomes),
    confusion: confusionOf(classOutcomes(scored, manifest)),
    reliability: reliabilityOf(outcomes),
    coverage: coverageCurve(outcomes),
    slices: {
      ...sliceQuality(inScope, manifest),
      noise: Object.fromEntries(noisy.map(([level, copies]) => [level, qualityOf(copies.map(score), manifest)]))
    },
    behaviour: judge(tests, text => toAnswer(score({ text, label: '' }), manifest)),
    ...await measureServing(model, sample.map(example => toServed(score(example), manifest))),
    sizeBytes: answeringFiles(manifest).reduce((sum, { size }) => sum + size, 0),
    quantization: floatEncoder ? await compareWithFloat(model, floatEncoder, sample.map(({ text }) => text), { cacheDirectory }) : null,
    baselines: await measureBaselines(dataSet, split, manifest.labels, cacheDirectory),
    predictions: predictionsOf(scored, manifest)
  })
}

function requireFit (examples: readonly Example[], { labels, name, version }: Manifest, source: string): void {
  const known = new Set([...labels.map(({ id }) => id), OUT_OF_SCOPE])
  const strange = examples.filter(({ label }) => !known.has(label))
  if (strange.length) {
    const unknown = [...new Set(strange.map(({ label }) => label))]
    throw new PipelineError('ERR_DATA_UNFIT', `${source}: ${strange.length} of ${examples.length} rows have labels that ${name} ${version} does not know: ${unknown.slice(0, 10).join(', ')} (rows ${strange.slice(0, 5).map(({ id }) => id).join(', ')})`, { exitCode: EXIT.data })
  }
  if (!examples.some(({ label }) => label !== OUT_OF_SCOPE)) throw new PipelineError('ERR_DATA_UNFIT', `${source} has no row in scope`, { exitCode: EXIT.data })
}

type Labelled = Pick<Example, 'text' | 'label'>

/** Scores all texts at once, then gives the calibrated probabilities of each. */
async function createScorer (directory: string, manifest: Manifest, texts: readonly string[], options: ScoreOptions) {
  const logits = await scoreTexts(directory, manifest, texts, options)
  const byText = new Map(texts.map((text, index) => [text, softmax(logits[index]!, manifest.calibration.temperature)]))
  return <Item extends Labelled>(example: Item): Omit<ScoredExample, 'example'> & { readonly example: Item } =>
    ({ example, truth: example.label, probabilities: byText.get(example.text)! })
}

function toAnswer (item: Omit<ScoredExample, 'example'>, manifest: Manifest): Answer {
  const [outcome] = classOutcomes([item], manifest)
  return {
    predicted: outcome!.predicted,
    decision: decide(item.probabilities, manifest, 1).decision,
    probability: id => item.probabilities[manifest.classes.indexOf(id)] ?? 0
  }
}

function toServed ({ example, probabilities }: ScoredExample, manifest: Manifest) {
  return {
    text: example.text,
    confidences: new Map(manifest.classes.map((id, index) => [id, probabilities[index]!])),
    decision: decide(probabilities, manifest, 1).decision
  }
}

function predictionsOf (items: readonly ScoredExample[], manifest: Manifest): Evaluation['predictions'] {
  return classOutcomes(items, manifest).map((outcome, index) => ({
    id: items[index]!.example.id,
    ...outcome,
    decision: decide(items[index]!.probabilities, manifest, 1).decision
  }))
}

/** Six decimals: what is read from the file is what was returned. */
function rounded (evaluation: Evaluation): Evaluation {
  return JSON.parse(JSON.stringify(evaluation, (_, value: unknown) => typeof value === 'number' ? Number(value.toFixed(6)) : value))
}
