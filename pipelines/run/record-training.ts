import type { Environment } from '../step.ts'
import { readCandidate } from '../candidate.ts'
import { RUN_FILE } from '../tracking/candidate-run.ts'
import { openTracker } from '../tracking/open-tracker.ts'
import { startRun } from '../train/record-run.ts'
import { type TrainOptions, workOf } from '../train/train-candidate.ts'

/**
 * Records a training afterwards whose tracker did not answer any more when the candidate was there: without `run.json`
 * the steps after it would go on in no run. All is said but the losses, which nobody has kept.
 */
export async function recordTraining (directory: string, options: TrainOptions, environment: Environment): Promise<void> {
  const manifest = await readCandidate(directory)
  if (manifest.files.some(({ path }) => path === RUN_FILE)) return
  const run = await startRun(openTracker(environment), workOf(options))
  try {
    await run.trained(directory, manifest)
  } catch (error) {
    await run.failed()
    throw error
  }
}
