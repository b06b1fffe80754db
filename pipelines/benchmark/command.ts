import { join } from 'node:path'
import { openModelStore } from '../../model-store/open.ts'
import { DEFAULT_DATA } from '../data/default-data.ts'
import { type Environment, type Step, parseOptions, usageError } from '../step.ts'
import type { EmbedderOptions } from '../train/embedder.ts'
import { readEncoderConfig } from '../train/encoder-config.ts'
import { findEncoder } from '../train/find-encoder.ts'
import { EMBEDDING_CACHE } from '../train/train-candidate.ts'
import type { HeadParameters } from '../train/train-head.ts'
import { parseSearching } from '../search/command.ts'
import { EMBEDDING_GRID, NGRAM_GRID, SEARCH_GRID } from '../search/grid.ts'
import { embedSet } from './embedded-set.ts'
import { type Measurement, measure } from './measure.ts'
import { readBanking77, readClinc150, readOwnSet } from './sets.ts'
import { toMarkdown } from './table.ts'
import { measureTrainingTime } from './training-time.ts'

const HELP = `Usage: npm run pipelines -- benchmark [options]

Trains heads on public sets with the product's own code and an encoder of ours, and measures them on the
official test splits, which decide nothing: parameters come from cross-validation on the training split, the temperature
and the out-of-scope score from the validation split where there is one. Prints a Markdown table.

  --data DIR         folder with banking77/ and clinc150/ (default ../shared/data)
  --own DIR          the project's data set (default ${DEFAULT_DATA}), measured on its validation split
  --encoder DIR      folder with the encoder (default: of the version in production)
  --store URL        model store with the version in production (default MODEL_STORE_URL, else file:model-store/models)
  --only NAME        inquiries, BANKING77 or CLINC150; or training-time: how long training on BANKING77 takes beside
                     what the encoder alone needs, and a single text with the head, as JSON
  --folds NUMBER     of the cross-validation (default 4)
  --seed NUMBER      draws the folds (default 0)
  --budget SECONDS   of each search (default: until it is done)`

const SETS = { inquiries: 'own', BANKING77: 'data', CLINC150: 'data' } as const
const READERS = { inquiries: readOwnSet, BANKING77: readBanking77, CLINC150: readClinc150 }
const TRAINING_TIME = 'training-time'

/** What the search chose for BANKING77. */
const CHOSEN_FOR_BANKING77: HeadParameters = {
  c: 20, maxIterations: 40, ngrams: { minLength: 3, maxLength: 4, buckets: 65_536, words: 2, scale: 1, minTexts: 2, apart: { c: 30, maxIterations: 15, share: 0.7 } }
}

/** Each with the parameters that its search tries. */
const HEADS = { 'n-grams alone (TF-IDF + LR)': NGRAM_GRID, 'embedding alone': EMBEDDING_GRID, 'all of the grid': SEARCH_GRID }

/** `pipelines benchmark` */
export const benchmarkStep: Step = { help: HELP, run: benchmark }

async function benchmark (args: string[], environment: Environment): Promise<unknown> {
  const values = parseOptions(args, {
    data: { type: 'string', default: join('..', 'shared', 'data') },
    own: { type: 'string', default: DEFAULT_DATA },
    encoder: { type: 'string' },
    store: { type: 'string', default: environment.MODEL_STORE_URL || 'file:model-store/models' },
    only: { type: 'string' },
    folds: { type: 'string', default: '4' },
    seed: { type: 'string', default: '0' },
    budget: { type: 'string', default: 'Infinity' }
  })
  const searching = parseSearching(values)
  const directory = await findEncoder(values.encoder, openModelStore(values.store, environment), 'inquiry-classifier')
  const { input, output } = await readEncoderConfig(directory)
  const encoder: EmbedderOptions = { directory, ...input, output, cacheDirectory: EMBEDDING_CACHE }
  if (values.only === TRAINING_TIME) return await measureTrainingTime((await readBanking77(values.data)).train, CHOSEN_FOR_BANKING77, encoder)

  const names = (Object.keys(SETS) as Array<keyof typeof SETS>).filter(name => !values.only || name === values.only)
  if (!names.length) throw usageError(`--only is ${Object.keys(SETS).join(', ')} or ${TRAINING_TIME}`)
  const measurements: Measurement[] = []
  for (const name of names) {
    const set = await embedSet(await READERS[name](values[SETS[name]]), encoder)
    for (const [head, candidates] of Object.entries(HEADS)) {
      measurements.push(await measure(set, { head, candidates, ...searching, encoder }))
    }
  }
  return toMarkdown(measurements)
}
