import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addToCandidate, readCandidate } from '../../pipelines/candidate.ts'
import { type DataSet, type Example, OUT_OF_SCOPE, digestOf } from '../../pipelines/data/data-set.ts'
import { EVALUATION_FILE, type Evaluation } from '../../pipelines/evaluate/evaluation.ts'
import { modelDigest } from '../../pipelines/evaluate/model-digest.ts'
import { writeFakeModel } from '../model-store/fake-model.ts'

const LABELS = ['red', 'blue', OUT_OF_SCOPE]
const PER_LABEL = 40

/** Forty items each of red, blue and out of scope. */
export function fakeDataSet (digest = 'd'.repeat(64)): DataSet {
  const test: Example[] = LABELS.flatMap(label => Array.from({ length: PER_LABEL }, (_, index) =>
    ({ id: `${label}-${index}`, text: `${label} ${index}`, label, language: index % 2 ? 'de' : 'en' })))
  const description = {
    name: 'colours', version: '1.0.0', createdAt: '2026-01-02T03:04:05Z', taxonomy: { name: 'fake', version: '1' }, licence: 'CC0-1.0', origin: 'a test', files: {}, digest
  }
  return { description, splits: { train: [], validation: [], test } }
}

/** Writes the data set as `readDataSet` takes it. */
export async function writeFakeDataSet (directory: string): Promise<void> {
  const { description, splits } = fakeDataSet()
  const files: Record<string, { sha256: string, examples: number }> = {}
  await mkdir(directory, { recursive: true })
  for (const [split, examples] of Object.entries(splits)) {
    const content = examples.map(example => JSON.stringify(example) + '\n').join('')
    files[split] = { sha256: digestOf(content), examples: examples.length }
    await writeFile(join(directory, `${split}.jsonl`), content)
  }
  await writeFile(join(directory, 'dataset.json'), JSON.stringify({ ...description, files }))
}

/** An evaluation that reaches every floor; its first `wrong` items of a label are mistaken for another. */
export function fakeEvaluation (model: Evaluation['model'], { wrong = {}, dataSet = fakeDataSet(), ...figures }: { wrong?: Record<string, number>, dataSet?: DataSet } & Partial<Evaluation> = {}): Evaluation {
  const { name, version, digest } = dataSet.description
  const quality = { items: 80, accuracy: 0.97, macroF1: 0.96, expectedCalibrationError: 0.03, brier: 0.1, answeredAccuracy: 0.98, lost: 0.05 }
  return {
    schemaVersion: 1,
    model,
    dataset: { name, version, digest, split: 'test' },
    createdAt: '2026-01-02T03:04:05Z',
    overall: quality,
    outOfScope: { items: 40, auroc: 0.99, aupr: 0.99, falsePositiveRateAt95: 0.04, caught: 0.9 },
    perClass: { red: { precision: 0.96, recall: 0.96, f1: 0.96, support: 40 }, blue: { precision: 0.95, recall: 0.95, f1: 0.95, support: 40 } },
    confusion: {},
    reliability: [],
    coverage: [],
    slices: { language: { de: { ...quality, items: 40, accuracy: 0.94 }, en: { ...quality, items: 40 } } },
    behaviour: (['invariance', 'direction', 'minimum'] as const).map(kind => ({ name: `${kind} test`, kind, cases: 20, passed: 19, failures: [] })),
    latency: { items: 100, meanTokens: 20, p50Ms: 6, p95Ms: 12 },
    sizeBytes: 100_010,
    parity: { items: 120, largestDifference: 1e-6, sameDecision: 1 },
    quantization: null,
    baselines: {},
    predictions: dataSet.splits.test.map(({ id, label }) => {
      const mistaken = Number(id.split('-').at(-1)) < (wrong[label] ?? 0)
      return { id, truth: label, predicted: mistaken ? LABELS[(LABELS.indexOf(label) + 1) % LABELS.length]! : label, confidence: 0.9, decision: 'classified' as const }
    }),
    ...figures
  }
}

export interface FakeCandidateOptions {
  readonly version?: string
  /** Differs between two models of one version. */
  readonly mark?: string
  readonly evaluation?: Parameters<typeof fakeEvaluation>[1]
}

/** Writes a candidate as `evaluate` leaves it. */
export async function writeFakeCandidate (directory: string, { version = '1.0.0', mark = '', evaluation }: FakeCandidateOptions = {}): Promise<void> {
  await writeFakeModel(directory, { version, mark })
  const manifest = await readCandidate(directory)
  const content = fakeEvaluation({ name: manifest.name, version, digest: modelDigest(manifest) }, evaluation)
  await writeFile(join(directory, EVALUATION_FILE), JSON.stringify(content))
  await addToCandidate(directory, [EVALUATION_FILE])
}
