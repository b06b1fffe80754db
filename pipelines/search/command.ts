import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { openModelStore } from '../../model-store/open.ts'
import { OUT_OF_SCOPE, readDataSet } from '../data/data-set.ts'
import { DEFAULT_DATA } from '../data/default-data.ts'
import { readTaxonomy } from '../data/taxonomy.ts'
import { showProgress } from '../progress.ts'
import { type Environment, type Step, parseOptions, usageError } from '../step.ts'
import { embed } from '../train/embedder.ts'
import { readEncoderConfig } from '../train/encoder-config.ts'
import { findEncoder } from '../train/find-encoder.ts'
import { HEAD_PARAMETERS, THRESHOLD_TARGETS } from '../train/parameters.ts'
import { SEARCH_GRID } from './grid.ts'
import { searchHeadParameters } from './search.ts'
import { EMBEDDING_CACHE } from '../train/train-candidate.ts'

const HELP = `Usage: npm run pipelines -- search [options]

Finds the head's parameters for a data set by cross-validation on its training split, and writes them where
train --parameters reads them. Examples of one customer, and near-equal texts, are never on both sides.

Reads   the data set, the encoder, .cache/embeddings
Writes  the parameters

  --data DIR         data set (default ${DEFAULT_DATA})
  --taxonomy FILE    labels (default data/taxonomy.json)
  --name NAME        name of the model (default inquiry-classifier)
  --encoder DIR      folder with the encoder (default: of the version in production)
  --store URL        model store with the version in production (default MODEL_STORE_URL, else file:model-store/models)
  --output FILE      (default .cache/parameters.json)
  --folds NUMBER     (default 4)
  --seed NUMBER      draws the folds (default 0)
  --budget SECONDS   no regression is begun after them; only without a budget a second search is sure to find the same`

/** `pipelines search`: from a data set to the head's parameters. */
export const searchStep: Step = { help: HELP, run: search }

async function search (args: string[], environment: Environment): Promise<unknown> {
  const values = parseOptions(args, {
    data: { type: 'string', default: DEFAULT_DATA },
    taxonomy: { type: 'string', default: 'data/taxonomy.json' },
    name: { type: 'string', default: 'inquiry-classifier' },
    encoder: { type: 'string' },
    store: { type: 'string', default: environment.MODEL_STORE_URL || 'file:model-store/models' },
    output: { type: 'string', default: '.cache/parameters.json' },
    folds: { type: 'string', default: '4' },
    seed: { type: 'string', default: '0' },
    budget: { type: 'string', default: 'Infinity' }
  })
  const searching = parseSearching(values)
  const directory = await findEncoder(values.encoder, openModelStore(values.store, environment), values.name)
  const { splits: { train } } = await readDataSet(values.data)
  const { labels } = await readTaxonomy(values.taxonomy)
  const { input, output } = await readEncoderConfig(directory)
  const embeddings = await embed(train.map(({ text }) => text), {
    directory, ...input, output, cacheDirectory: EMBEDDING_CACHE, onProgress: showProgress('embedding')
  })
  const items = train.map(({ text, label }, index) => ({ text, label, embedding: embeddings[index]! }))
  const { best, trials, complete } = await searchHeadParameters(items, [...labels.map(({ id }) => id), OUT_OF_SCOPE], {
    candidates: [HEAD_PARAMETERS, ...SEARCH_GRID], ...searching, groupOf: item => train[item]!.customer, onProgress: showProgress('search')
  })
  await mkdir(dirname(values.output), { recursive: true })
  await writeFile(values.output, JSON.stringify({ head: best.parameters, thresholdTargets: THRESHOLD_TARGETS }, null, 2) + '\n')
  return { output: values.output, best, complete, trials }
}

/** The options that every cross-validation has. */
export function parseSearching (values: { folds: string, seed: string, budget: string }): { folds: number, seed: number, budgetSeconds: number } {
  const [folds, seed, budgetSeconds] = [Number(values.folds), Number(values.seed), Number(values.budget)]
  if (!Number.isInteger(folds) || folds < 2 || folds > 100) throw usageError('--folds is a whole number from 2 to 100')
  if (!Number.isInteger(seed)) throw usageError('--seed is a whole number')
  if (!(budgetSeconds > 0)) throw usageError('--budget is a number of seconds')
  return { folds, seed, budgetSeconds }
}
