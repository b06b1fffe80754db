import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manifest } from '../../../model-store/manifest.ts'
import { type DataSet, OUT_OF_SCOPE, type Split, digestOf } from '../../data/data-set.ts'
import { showProgress } from '../../progress.ts'
import { type Evaluation, EVALUATION_SCHEMA_VERSION } from '../evaluation.ts'
import { accuracy, macroF1 } from '../metrics.ts'
import { keywordClassifier } from './keywords.ts'
import { trainMajority } from './majority.ts'
import type { LabelledText, TextClassifier } from './text-classifier.ts'
import { TFIDF_ITERATIONS, trainTfidf } from './tfidf.ts'

type Baselines = Evaluation['baselines']

/**
 * What simple ways reach on the items in scope: a model that is not clearly better is not worth its milliseconds.
 * They depend on the data set and the labels alone, so the figures are kept for the next model.
 */
export async function measureBaselines ({ description, splits }: DataSet, split: Split, labels: Manifest['labels'], cacheDirectory: string): Promise<Baselines> {
  const key = digestOf(JSON.stringify([EVALUATION_SCHEMA_VERSION, description.digest, split, labels]))
  const path = join(cacheDirectory, `baselines-${key.slice(0, 32)}.json`)
  const known = await readFile(path, 'utf8').catch(() => undefined)
  if (known) return JSON.parse(known)
  const measured = await compareBaselines(splits.train.filter(isInScope), splits[split].filter(isInScope), labels)
  await mkdir(cacheDirectory, { recursive: true })
  await writeFile(`${path}.new`, JSON.stringify(measured))
  await rename(`${path}.new`, path)
  return measured
}

/** Trains each baseline on some texts and measures it on others; none without texts to train on. */
export async function compareBaselines (train: readonly LabelledText[], items: readonly LabelledText[], labels: Manifest['labels']): Promise<Baselines> {
  if (!train.length) return {}
  const majority = trainMajority(train)
  const classifiers: Record<string, TextClassifier> = {
    majority,
    keywords: keywordClassifier(labels, majority),
    tfidf: await trainTfidf(train, showProgress('training the TF-IDF baseline', TFIDF_ITERATIONS))
  }
  return Object.fromEntries(Object.entries(classifiers).map(([name, classify]) => {
    const outcomes = items.map(({ text, label }) => ({ truth: label, predicted: classify(text), confidence: 1 }))
    return [name, { accuracy: accuracy(outcomes), macroF1: macroF1(outcomes) }]
  }))
}

function isInScope ({ label }: LabelledText): boolean {
  return label !== OUT_OF_SCOPE
}
