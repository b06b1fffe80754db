import * as describeCommand from './data/command.ts'
import * as benchmarkCommand from './evaluate/benchmark.ts'
import * as trainCommand from './train/command.ts'

/** `npm run pipelines -- <step> [options]` */
const STEPS: Record<string, { help: string, run: (args: string[]) => Promise<void> }> = {
  describe: { help: describeCommand.HELP, run: describeCommand.describe },
  train: { help: trainCommand.HELP, run: trainCommand.train },
  benchmark: { help: benchmarkCommand.HELP, run: benchmarkCommand.benchmark }
}

const [step = '', ...args] = process.argv.slice(2)
const command = STEPS[step]
if (!command || args.includes('--help')) {
  console.log(command?.help ?? `Usage: npm run pipelines -- <step> [options]\n\nSteps: ${Object.keys(STEPS).join(', ')}. Each has --help.`)
  process.exitCode = command || step === '--help' ? 0 : 2
} else {
  await command.run(args).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
