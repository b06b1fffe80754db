import { join } from 'node:path'
import { openModelStore } from '../../model-store/open.ts'
import type { ModelStore } from '../../model-store/store.ts'
import { readDataSet } from '../data/data-set.ts'
import { DEFAULT_INPUTS, DEFAULT_PREPARE_OPTIONS, DEFAULT_VERSION } from '../data/default-data.ts'
import { EVALUATION_PAGE } from '../evaluate/evaluation.ts'
import { evaluateStep } from '../evaluate/command.ts'
import { openInBrowser } from '../evaluate/open-in-browser.ts'
import { gateStep } from '../gate/command.ts'
import { readLimits } from '../gate/floors.ts'
import { PRODUCTION } from '../gate/gate.ts'
import { prepareStep } from '../prepare/command.ts'
import { promoteStep, registerStep } from '../promote/command.ts'
import { type Environment, type OptionValues, type Step, parseOptions } from '../step.ts'
import { candidateFolder } from '../train/build-candidate.ts'
import { trainStep } from '../train/command.ts'
import { findEncoder } from '../train/find-encoder.ts'
import { HEAD_PARAMETERS, THRESHOLD_TARGETS } from '../train/parameters.ts'
import { type Recipe, isMadeFrom, recipeOf } from '../train/train-candidate.ts'
import { nextMinor } from '../versions.ts'
import { recordTraining } from './record-training.ts'

const HELP = `Usage: npm run pipelines [-- run [options]]

The whole way: prepare, train, evaluate, gate, register, promote; each is a command of its own, with its own --help.
Without options it makes the default model from the committed data set. Steps with nothing new to do do nothing: when
the store has a version of the same data, encoder, parameters and code that is or was in production, that is all there
is to say.
Exit code 3: the gate said no, nothing was moved. 4: the data are not fit. 5: a server did not answer; run it again.

Data
  --input FILE          table or data set to make a version of, may be repeated (default ${DEFAULT_INPUTS.join(' and ')})
  --columns F=C,...     columns of the fields in tables, for example text=message,label=desk; of a data set they are known
  --split MODE          keep, random, time or given (default keep: rows of a data set stay in their splits, so that no model is
                        measured with what it was trained on)
  --limits FILE         limits of the data tests in place of some defaults
  --min-per-label N     least examples of each label in training
  --allow TEST          go on although this data test fails, may be repeated
  --data-name NAME      name of the data set (default inquiries)
  --data-root DIR       folder with the data sets (default data)
  --data-version V      version to make of it (default ${DEFAULT_VERSION} for the default input, else the one that is made of the same, or the next)
  --taxonomy FILE       labels (default data/taxonomy.json)
Model
  --name NAME           name of the model (default inquiry-classifier)
  --version VERSION     version to make (default the next)
  --encoder DIR         folder with the encoder (default: of the version in production)
  --floors FILE         limits of the gate in place of some defaults (docs/gates.md)
  --store URL           model store (default MODEL_STORE_URL, else file:model-store/models)
  --force               make a version although nothing changed
  --by WHO              for the promotion log (default pipelines run)
  --created-at TIME     time to record (default now)
  --open                show the report in the browser`

const OPTIONS = {
  input: { type: 'string', multiple: true, default: DEFAULT_INPUTS },
  columns: { type: 'string' },
  split: { type: 'string' },
  limits: { type: 'string' },
  'min-per-label': { type: 'string' },
  allow: { type: 'string', multiple: true, default: [] },
  'data-name': { type: 'string', default: 'inquiries' },
  'data-root': { type: 'string', default: 'data' },
  'data-version': { type: 'string' },
  taxonomy: { type: 'string', default: 'data/taxonomy.json' },
  name: { type: 'string', default: 'inquiry-classifier' },
  version: { type: 'string' },
  encoder: { type: 'string' },
  floors: { type: 'string' },
  store: { type: 'string' },
  force: { type: 'boolean', default: false },
  by: { type: 'string', default: 'pipelines run' },
  'created-at': { type: 'string' },
  open: { type: 'boolean', default: false }
} as const satisfies Parameters<typeof parseOptions>[1]
type Options = OptionValues<typeof OPTIONS>

/** `pipelines run`: every step in order. */
export const runStep: Step = { help: HELP, run }

async function run (args: string[], environment: Environment): Promise<unknown> {
  const options = parseOptions(args, OPTIONS)
  const storeUrl = options.store ?? (environment.MODEL_STORE_URL || 'file:model-store/models')
  const store = openModelStore(storeUrl, environment)
  const call = async (step: Step, name: string, stepArgs: string[]) => await announced(name, async () => await step.run(stepArgs, environment))
  const { name, taxonomy } = options
  const at = option('created-at', options['created-at'])
  await readLimits(options.floors) // what is wrong with them is told now, not by the gate after the training

  const prepared = await call(prepareStep, 'prepare', prepareArguments(options))
  const { directory: data } = prepared as { directory: string }

  const encoder = await findEncoder(options.encoder, store, name)
  const ingredients = { encoder, taxonomy, head: HEAD_PARAMETERS, thresholdTargets: THRESHOLD_TARGETS }
  const recipe = await recipeOf(ingredients)
  const { description } = await readDataSet(data)
  const same = options.force ? undefined : await findMadeFrom(store, name, recipe, description.digest)
  const promoteVersion = async (version: string) => await call(promoteStep, 'promote', ['--name', name, '--version', version, '--store', storeUrl, '--by', options.by])
  if (same) {
    const unchanged = `${name} ${same} is of the same data, encoder, parameters and code`
    return await wasInProduction(store, name, same) ? { prepare: prepared, unchanged } : { prepare: prepared, unchanged, promote: await promoteVersion(same) }
  }

  const version = options.version ?? nextMinor((await store.versions(name)).at(-1))
  const candidate = candidateFolder(name, version)
  const trained = await call(trainStep, 'train', ['--name', name, '--version', version, '--data', data, '--taxonomy', taxonomy, '--encoder', encoder, '--store', storeUrl, ...at, ...flag('force', options.force)])
  await recordTraining(candidate, { ...ingredients, name, version, data, createdAt: options['created-at'] ?? new Date().toISOString() }, environment)
  const evaluated = await call(evaluateStep, 'evaluate', ['--candidate', candidate, '--data', data, '--split', 'test', ...at])
  if (options.open) await openInBrowser(join(candidate, EVALUATION_PAGE))
  const judged = await call(gateStep, 'gate', ['--candidate', candidate, '--data', data, '--split', 'test', '--store', storeUrl, ...option('floors', options.floors)])
  const registered = await call(registerStep, 'register', ['--candidate', candidate, '--store', storeUrl])
  const promoted = await promoteVersion(version)
  return { prepare: prepared, train: trained, evaluate: evaluated, gate: verdictOf(judged), register: registered, promote: promoted, report: join(candidate, EVALUATION_PAGE) }
}

function prepareArguments (options: Options): string[] {
  return [
    '--name', options['data-name'], '--out', options['data-root'], '--taxonomy', options.taxonomy,
    ...options.input.flatMap(input => ['--input', input]),
    ...(isDefault(options) ? DEFAULT_PREPARE_OPTIONS : ['--split', 'keep']),
    ...option('version', options['data-version'] ?? (isDefault(options) ? DEFAULT_VERSION : undefined)),
    ...option('split', options.split),
    ...options.allow.flatMap(test => ['--allow', test]),
    ...option('columns', options.columns),
    ...option('limits', options.limits),
    ...option('min-per-label', options['min-per-label']),
    ...option('created-at', options['created-at'])
  ]
}

function isDefault ({ input }: Options): boolean {
  return input.join() === DEFAULT_INPUTS.join()
}

async function findMadeFrom (store: ModelStore, name: string, recipe: Recipe, dataDigest: string): Promise<string | undefined> {
  for (const version of (await store.versions(name)).toReversed()) {
    const { manifest } = await store.fetch(name, version)
    if (isMadeFrom(manifest, recipe, dataDigest)) return version
  }
  return undefined
}

/** A version that never was has a promotion that broke off; one that was and is no more was replaced or rolled back. */
async function wasInProduction (store: ModelStore, name: string, version: string): Promise<boolean> {
  return (await store.promotions(name)).some(({ alias, to }) => alias === PRODUCTION && to === version)
}

/** Says on standard error what runs, and how long it took. */
async function announced<Result> (name: string, work: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now()
  process.stderr.write(`== ${name}\n`)
  const result = await work()
  process.stderr.write(`== ${name}: ${((performance.now() - startedAt) / 1e3).toFixed(1)} s\n`)
  return result
}

function verdictOf (report: unknown): unknown {
  const { verdict, reasons } = report as { verdict: string, reasons: string[] }
  return { verdict, reasons }
}

function option (name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`--${name}`, value]
}

function flag (name: string, value: boolean): string[] {
  return value ? [`--${name}`] : []
}
