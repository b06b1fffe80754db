import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Manifest } from '../../model-store/manifest.ts'
import { openModelStore } from '../../model-store/open.ts'
import { verifyDirectory } from '../../model-store/verify.ts'
import { gitState } from '../code-version.ts'
import { readDataSet } from '../data/data-set.ts'
import { EXIT, type Environment, PipelineError, type Step, parseOptions, usageError } from '../step.ts'
import { EMBEDDING_CACHE, type Recipe, trainCandidate } from '../train/train-candidate.ts'
import { type Comparison, compareVersions } from './compare-versions.ts'
import { findDataSet } from './find-data-set.ts'
import { runAtCommit } from './worktree.ts'

const HELP = `Usage: npm run pipelines -- reproduce --version VERSION [options]

Builds a registered version again, from the data set with the recorded digest, the recorded parameters and its own
encoder, and says whether weights and predictions are the same. Exit code 0: they are; 1: they are not.

Weights are equal byte for byte on the same kind of processor: the encoder's floating-point sums differ in the last
digits between kinds, and "embeddingsEqual" tells whether that is why.

  --version VERSION  version to build again
  --name NAME        name of the model (default inquiry-classifier)
  --data-root DIR    folder with the data sets (default data)
  --taxonomy FILE    labels (default data/taxonomy.json)
  --at-commit        builds it with the recorded commit's code, checked out beside this tree, instead of this code
  --keep DIR         where to leave the rebuilt version
  --store URL        model store (default MODEL_STORE_URL, else file:model-store/models)`

/** `pipelines reproduce` */
export const reproduceStep: Step = { help: HELP, run: reproduce }

async function reproduce (args: string[], environment: Environment): Promise<unknown> {
  const values = parseOptions(args, {
    version: { type: 'string' },
    name: { type: 'string', default: 'inquiry-classifier' },
    'data-root': { type: 'string', default: 'data' },
    taxonomy: { type: 'string', default: 'data/taxonomy.json' },
    'at-commit': { type: 'boolean', default: false },
    keep: { type: 'string' },
    store: { type: 'string', default: environment.MODEL_STORE_URL || 'file:model-store/models' }
  })
  if (!values.version) throw usageError('--version is needed')
  const recorded = await openModelStore(values.store, environment).fetch(values.name, values.version)
  const recipe = recipeIn(recorded.manifest)
  const data = await findDataSet(values['data-root'], recorded.manifest.dataset)

  const workspace = await mkdtemp(join(tmpdir(), 'inquiry-reproduce-'))
  try {
    const directory = values.keep ?? join(workspace, 'candidate')
    if (values['at-commit']) await trainAtCommit(directory, { ...values, recorded, recipe, data, workspace })
    else await trainCandidate(directory, { ...identity(recorded.manifest), data, taxonomy: values.taxonomy, encoder: recorded.directory, head: recipe.head, thresholdTargets: recipe.thresholdTargets })
    const rebuilt = { directory, manifest: await verifyDirectory(directory) }
    const { splits } = await readDataSet(data)
    const texts = [...splits.validation, ...splits.test].map(({ text }) => text)
    const comparison = await compareVersions(recorded, rebuilt, texts, EMBEDDING_CACHE)
    return report(recorded.manifest, data, comparison, values['at-commit'])
  } finally {
    await rm(workspace, { recursive: true, force: true })
  }
}

function report ({ name, version, training }: Manifest, data: string, comparison: Comparison, atCommit: boolean) {
  const { weightsEqual, decisionRuleEqual, predictions } = comparison
  const equal = weightsEqual && decisionRuleEqual && predictions.sameDecision === 1
  const result = { name, version, equal, data, code: { recorded: training.gitCommit, used: atCommit ? training.gitCommit : gitState() }, ...comparison }
  if (!equal) throw new PipelineError('ERR_NOT_REPRODUCED', `${name} ${version} came out differently`, { exitCode: EXIT.failed, result })
  return result
}

interface AtCommit { recorded: { manifest: Manifest, directory: string }, recipe: Recipe, data: string, taxonomy: string, workspace: string }

async function trainAtCommit (directory: string, { recorded: { manifest, directory: encoder }, recipe, data, taxonomy, workspace }: AtCommit): Promise<void> {
  const parameters = join(workspace, 'parameters.json')
  await writeFile(parameters, JSON.stringify({ head: recipe.head, thresholdTargets: recipe.thresholdTargets }))
  const { name, version, createdAt } = identity(manifest)
  await runAtCommit(manifest.training.gitCommit.replace(/-dirty$/, ''), [
    'train', '--name', name, '--version', version, '--created-at', createdAt, '--parameters', parameters,
    '--data', resolve(data), '--taxonomy', resolve(taxonomy), '--encoder', resolve(encoder), '--candidate', resolve(directory)
  ])
}

function identity ({ name, version, createdAt }: Manifest) {
  return { name, version, createdAt }
}

/** @throws {PipelineError} ERR_NOT_TRAINED_HERE for what was imported, or is older than recipes */
function recipeIn ({ name, version, training: { parameters } }: Manifest): Recipe {
  if (parameters.made !== 'train') {
    throw new PipelineError('ERR_NOT_TRAINED_HERE', `${name} ${version} does not say how it was trained: it was imported, or made before 1.1.0`)
  }
  return parameters as unknown as Recipe
}
