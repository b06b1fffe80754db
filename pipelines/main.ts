import { benchmarkStep } from './benchmark/command.ts'
import { describeStep } from './data/command.ts'
import { EXIT, PipelineError, type Step } from './step.ts'
import { trainStep } from './train/command.ts'

/** `npm run pipelines -- <step> [options]` */
const STEPS: Record<string, Step> = {
  describe: describeStep,
  train: trainStep,
  benchmark: benchmarkStep
}

const [name = '', ...args] = process.argv.slice(2)
const step = STEPS[name]
if (!step || args.includes('--help')) {
  console.log(step?.help ?? `Usage: npm run pipelines -- <step> [options]\n\nSteps: ${Object.keys(STEPS).join(', ')}. Each has --help.`)
  process.exitCode = step || name === '--help' ? EXIT.done : EXIT.usage
} else {
  try {
    const result = await step.run(args, process.env)
    if (result !== undefined) console.log(typeof result === 'string' ? result : JSON.stringify(result, null, 2))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = error instanceof PipelineError ? error.exitCode : EXIT.failed
  }
}
