import { openModelStore } from '../../model-store/open.ts'
import type { ModelStore, Promotion } from '../../model-store/store.ts'
import { type Environment, type Step, parseOptions, usageError } from '../step.ts'
import { withCandidateRun } from '../tracking/candidate-run.ts'
import { openTracker } from '../tracking/open-tracker.ts'
import { historyTable } from './history-table.ts'
import { type PromotionOutcome, promote } from './promote.ts'
import { type Registration, register } from './register.ts'
import { type RollbackOutcome, rollback } from './rollback.ts'

const DEFAULT_NAME = 'inquiry-classifier'

const STORE_HELP = '--store URL        model store (default MODEL_STORE_URL, else file:model-store/models)'
const NAME_HELP = `--name NAME        name of the model (default ${DEFAULT_NAME})`

/** `pipelines register` */
export const registerStep: Step = {
  help: `Usage: npm run pipelines -- register --candidate DIR [options]

Publishes a candidate in the model store, with its evaluation and its gate report. Moves no alias.
Does nothing where the same model is published already; fails where another model has that version.
Exit code 3: the gate said no, or has not been asked.

  --candidate DIR    folder of the candidate, after the gate
  --even-if-failed   publishes what the gate said no to, so that it can be looked at
  ${STORE_HELP}`,
  run: runRegister
}

/** `pipelines promote` */
export const promoteStep: Step = {
  help: `Usage: npm run pipelines -- promote --version VERSION [options]

Puts a registered version into production; what was there becomes "previous". Needs a gate report of these very files
that passed against what is in production now. Does nothing where the version is in production already.
Exit code 3: refused, nothing was moved.

  --version VERSION  version to promote
  ${NAME_HELP}
  --gate FILE        newer gate report of the same files, where production has moved since they were registered
  --again            promotes a version that was rolled back
  --by WHO           for the promotion log (default pipelines promote)
  ${STORE_HELP}`,
  run: runPromote
}

/** `pipelines rollback` */
export const rollbackStep: Step = {
  help: `Usage: npm run pipelines -- rollback [options]

Puts "previous" back into production at once. What was there becomes "previous": a second rollback undoes the first.

  ${NAME_HELP}
  --reason TEXT      for the promotion log
  --by WHO           for the promotion log (default pipelines rollback)
  ${STORE_HELP}`,
  run: runRollback
}

/** `pipelines history` */
export const historyStep: Step = {
  help: `Usage: npm run pipelines -- history [options]

Prints the promotion log, oldest first.

  ${NAME_HELP}
  --table            as a table instead of JSON
  ${STORE_HELP}`,
  run: runHistory
}

async function runRegister (args: string[], environment: Environment): Promise<Registration> {
  const values = parseOptions(args, {
    candidate: { type: 'string' },
    'even-if-failed': { type: 'boolean', default: false },
    store: storeOption(environment)
  })
  const { candidate: directory } = values
  if (!directory) throw usageError('--candidate is needed')
  const registration = await register(directory, { store: openModelStore(values.store, environment), evenIfFailed: values['even-if-failed'] })
  await withCandidateRun(openTracker(environment), directory, 'register', async run => {
    await run.tags({ registered: `${registration.name} ${registration.version}` })
    return undefined
  })
  return registration
}

async function runPromote (args: string[], environment: Environment): Promise<PromotionOutcome> {
  const values = parseOptions(args, {
    version: { type: 'string' },
    name: { type: 'string', default: DEFAULT_NAME },
    gate: { type: 'string' },
    again: { type: 'boolean', default: false },
    by: { type: 'string', default: 'pipelines promote' },
    store: storeOption(environment)
  })
  const { version, name, by, again, gate: gateFile } = values
  if (!version) throw usageError('--version is needed')
  const store = openModelStore(values.store, environment)
  const outcome = await promote(version, { store, name, by, again, gateFile })
  if (outcome.moved) await recordPromotion(store, name, version, environment)
  return outcome
}

/** The promotion log is what counts: a promotion that was done does not end as a failure because the tracker is down. */
async function recordPromotion (store: ModelStore, name: string, version: string, environment: Environment): Promise<void> {
  try {
    const { directory } = await store.fetch(name, version)
    await withCandidateRun(openTracker(environment), directory, 'promote', async run => {
      await run.tags({ promoted: version })
      return 'FINISHED'
    })
  } catch (error) {
    process.stderr.write(`${name} ${version} is in production, but the tracker was not told: ${error instanceof Error ? error.message : String(error)}\n`)
  }
}

/** Tells no tracker: the log has it, and a second rollback undoes the first, so nobody may be led to repeat it. */
async function runRollback (args: string[], environment: Environment): Promise<RollbackOutcome> {
  const { store, ...options } = parseOptions(args, {
    name: { type: 'string', default: DEFAULT_NAME },
    reason: { type: 'string' },
    by: { type: 'string', default: 'pipelines rollback' },
    store: storeOption(environment)
  })
  return await rollback({ ...options, store: openModelStore(store, environment) })
}

async function runHistory (args: string[], environment: Environment): Promise<Promotion[] | string> {
  const values = parseOptions(args, {
    name: { type: 'string', default: DEFAULT_NAME },
    table: { type: 'boolean', default: false },
    store: storeOption(environment)
  })
  const promotions = await openModelStore(values.store, environment).promotions(values.name)
  return values.table ? historyTable(promotions) : promotions
}

function storeOption (environment: Environment) {
  return { type: 'string' as const, default: environment.MODEL_STORE_URL || 'file:model-store/models' }
}
