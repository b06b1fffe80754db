import { ModelStoreError } from '../model-store/errors.ts'
import { benchmarkStep } from './benchmark/command.ts'
import { evaluateStep } from './evaluate/command.ts'
import { exportStep } from './export/command.ts'
import { extractStep } from './extract/command.ts'
import { fuseStep } from './fuse/command.ts'
import { gateStep } from './gate/command.ts'
import { importStep } from './import/command.ts'
import { prepareStep } from './prepare/command.ts'
import { historyStep, promoteStep, registerStep, rollbackStep } from './promote/command.ts'
import { reproduceStep } from './reproduce/command.ts'
import { runStep } from './run/command.ts'
import { searchStep } from './search/command.ts'
import { EXIT, type ExitCode, PipelineError, type Step } from './step.ts'
import { trainStep } from './train/command.ts'

/** `npm run pipelines -- <step> [options]`; without a step the whole way. In the order in which they are used. */
const STEPS: Record<string, Step> = {
  run: runStep,
  extract: extractStep,
  prepare: prepareStep,
  search: searchStep,
  train: trainStep,
  import: importStep,
  evaluate: evaluateStep,
  gate: gateStep,
  register: registerStep,
  promote: promoteStep,
  rollback: rollbackStep,
  history: historyStep,
  reproduce: reproduceStep,
  fuse: fuseStep,
  export: exportStep,
  benchmark: benchmarkStep
}

const [name = 'run', ...args] = process.argv.slice(2)
const step = STEPS[name]
if (step && args.includes('--help')) {
  console.log(step.help)
} else if (!step) {
  const usage = `Usage: npm run pipelines -- <step> [options]\n\nSteps: ${Object.keys(STEPS).join(', ')}. Each has --help; without a step: run.`
  if (name === '--help') console.log(usage)
  else console.error(usage)
  process.exitCode = name === '--help' ? EXIT.done : EXIT.usage
} else {
  try {
    print(await step.run(args, process.env))
  } catch (error) {
    if (error instanceof PipelineError) print(error.result)
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = exitCodeOf(error)
    if (process.exitCode === EXIT.usage) console.error(`All options: npm run pipelines -- ${name} --help`)
  }
}

function exitCodeOf (error: unknown): ExitCode {
  if (error instanceof PipelineError) return error.exitCode
  return error instanceof ModelStoreError && error.code === 'ERR_STORE_UNAVAILABLE' ? EXIT.unavailable : EXIT.failed
}

function print (result: unknown): void {
  if (result !== undefined) console.log(typeof result === 'string' ? result : JSON.stringify(result, null, 2))
}
