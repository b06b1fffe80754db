import { DEFAULT_EXPERIMENT } from '../../model-store/open.ts'
import type { Environment } from '../step.ts'
import { localTracker } from './local-tracker.ts'
import { mlflowTracker } from './mlflow-tracker.ts'
import type { Tracker } from './tracker.ts'

const RUNS_FOLDER = '.cache/runs'

/** MLflow where MLFLOW_TRACKING_URI names a server, files under `.cache/runs` otherwise. */
export function openTracker (environment: Environment): Tracker {
  const { MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_USERNAME: username, MLFLOW_TRACKING_PASSWORD: password, MLFLOW_EXPERIMENT_NAME: experiment } = environment
  if (!url) return localTracker(RUNS_FOLDER)
  return mlflowTracker({ server: { url, username, password }, experiment: experiment || DEFAULT_EXPERIMENT })
}
