import { userInfo } from 'node:os'
import { basename, dirname } from 'node:path'
import Type from 'typebox'
import { MlflowClient } from '../../model-store/mlflow/client.ts'
import type { MlflowServer } from '../../model-store/mlflow/connection.ts'
import { MlflowError, isRefusal } from '../../model-store/mlflow/errors.ts'
import { experimentId } from '../../model-store/mlflow/experiment.ts'
import { EXIT, PipelineError } from '../step.ts'
import { artefactPath } from './artefact-path.ts'
import { datasetInput, metricList, pairList, slices } from './mlflow-values.ts'
import type { Run, RunDescription, Tracker } from './tracker.ts'

export interface MlflowTrackerOptions {
  readonly server: MlflowServer
  readonly experiment: string
}

/** MLflow takes no more of each in one call. */
const MOST_PARAMETERS = 100
const MOST_METRICS = 1_000

const AnythingSchema = Type.Object({})
const RunSchema = Type.Object({ run: Type.Object({ info: Type.Object({ run_id: Type.String(), artifact_uri: Type.String(), status: Type.String() }) }) })
const UpdatedSchema = Type.Object({ run_info: Type.Object({ status: Type.String() }) })

/**
 * Runs in an experiment of an MLflow server. All that is said of a run may be said again; a step that was cut off goes on
 * with its run by `resume`.
 */
export function mlflowTracker ({ server, experiment }: MlflowTrackerOptions): Tracker {
  return {
    open: description => told(async () => {
      const client = new MlflowClient(server)
      const info = await goOn(client, description) ?? await create(client, await experimentId(client, experiment), description)
      return toRun(client, info.run_id, info.artifact_uri)
    })
  }
}

interface RunInfo { readonly run_id: string, readonly artifact_uri: string, readonly status: string }

/** Undefined when the run to go on with is not there, or has ended well. */
async function goOn (client: MlflowClient, { resume, tags }: RunDescription): Promise<RunInfo | undefined> {
  if (resume === undefined) return undefined
  const found = await client.get('runs/get', { parameters: { run_id: resume }, answer: RunSchema }).catch(error => {
    if (isRefusal(error, 'RESOURCE_DOES_NOT_EXIST') || isRefusal(error, 'INVALID_PARAMETER_VALUE')) return undefined
    throw error
  })
  if (!found || found.run.info.status === 'FINISHED') return undefined
  await update(client, resume, 'RUNNING')
  await logBatches(client, resume, 'tags', pairList(tags), MOST_PARAMETERS)
  return found.run.info
}

async function create (client: MlflowClient, experiment: string, { name, tags }: RunDescription): Promise<RunInfo> {
  const own = { 'mlflow.user': userInfo().username, 'mlflow.source.name': 'pipelines', 'mlflow.source.type': 'JOB' }
  const { run } = await client.post('runs/create', {
    parameters: { experiment_id: experiment, run_name: name, start_time: Date.now(), tags: pairList({ ...own, ...tags }) }, answer: RunSchema
  })
  return run.info
}

function toRun (client: MlflowClient, id: string, folder: string): Run {
  return {
    id,
    parameters: values => told(async () => await logBatches(client, id, 'params', pairList(values), MOST_PARAMETERS)),
    metrics: (values, step = 0) => told(async () => await logBatches(client, id, 'metrics', metricList(values, step), MOST_METRICS)),
    tags: values => told(async () => await logBatches(client, id, 'tags', pairList(values), MOST_PARAMETERS)),
    input: dataSet => told(async () => {
      await client.post('runs/log-inputs', { parameters: { run_id: id, datasets: [datasetInput(dataSet)] }, answer: AnythingSchema, repeatable: true })
    }),
    artefact: (name, file) => told(async () => {
      const path = artefactPath(name)
      await client.artifacts.upload(path.includes('/') ? `${folder}/${dirname(path)}` : folder, basename(path), file)
    }),
    end: status => told(async () => await update(client, id, status, Date.now()))
  }
}

async function logBatches (client: MlflowClient, id: string, kind: 'params' | 'metrics' | 'tags', entries: readonly object[], most: number): Promise<void> {
  for (const batch of slices(entries, most)) {
    await client.post('runs/log-batch', { parameters: { run_id: id, [kind]: batch }, answer: AnythingSchema, repeatable: true })
  }
}

/** MLflow answers 200 to a status that it does not know, and changes nothing. */
async function update (client: MlflowClient, id: string, status: 'RUNNING' | 'FINISHED' | 'FAILED', endTime?: number): Promise<void> {
  const { run_info: info } = await client.post('runs/update', {
    parameters: { run_id: id, status, ...(endTime !== undefined && { end_time: endTime }) }, answer: UpdatedSchema, repeatable: true
  })
  if (info.status !== status) throw new MlflowError('ERR_MLFLOW_ANSWER', `MLflow took the status ${status} for ${info.status}`)
}

/** A server that is down is told by a code and an exit code of its own: the same step may go through later. */
async function told<Result> (work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof MlflowError)) throw error
    if (error.code === 'ERR_MLFLOW_UNAVAILABLE') throw new PipelineError('ERR_TRACKING_UNAVAILABLE', error.message, { exitCode: EXIT.unavailable, cause: error })
    throw new PipelineError('ERR_TRACKING_REFUSED', error.message, { cause: error })
  }
}
