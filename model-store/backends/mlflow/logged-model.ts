import Type, { type Static } from 'typebox'
import type { MlflowClient } from '../../mlflow/client.ts'
import { MlflowError } from '../../mlflow/errors.ts'
import { AnythingSchema } from './registry.ts'

/** A model as MLflow knows it before it is registered: an entry of an experiment, with a folder for its files. */
export interface LoggedModel {
  readonly id: string
  /** URI of the folder. */
  readonly folder: string
}

/** The version of the registered model that it is to become. */
export interface LoggedModelKey {
  readonly experiment: string
  readonly name: string
  readonly version: string
}

const READY = 'LOGGED_MODEL_READY'
const PENDING = 'LOGGED_MODEL_PENDING'
const MODEL_TAG = 'store.model'
const VERSION_TAG = 'store.version'
const MODEL_TYPE = 'inquiry-classifier'
/** An upload that was begun earlier than this is not going on any more. */
const ABANDONED_AFTER_MS = 60 * 60_000
const MOST_ABANDONED = 50

const InfoSchema = Type.Object({ model_id: Type.String(), artifact_uri: Type.String(), status: Type.String(), creation_timestamp_ms: Type.Optional(Type.Union([Type.Integer(), Type.String()])) })
const ModelSchema = Type.Object({ model: Type.Object({ info: InfoSchema }) })
const ModelsSchema = Type.Object({ models: Type.Optional(Type.Array(Type.Object({ info: InfoSchema }))) })

/** Begins a model: MLflow shows it as pending until it is ready. */
export async function createLoggedModel (client: MlflowClient, { experiment, name, version }: LoggedModelKey): Promise<LoggedModel> {
  const { model: { info } } = await client.post('logged-models', {
    parameters: {
      experiment_id: experiment,
      name: name.replaceAll('.', '-'), // MLflow allows no dots here
      model_type: MODEL_TYPE,
      tags: [{ key: MODEL_TAG, value: name }, { key: VERSION_TAG, value: version }]
    },
    answer: ModelSchema
  })
  return toModel(info)
}

/** Declares a model complete. */
export async function finishLoggedModel (client: MlflowClient, { id }: LoggedModel): Promise<void> {
  const { model: { info: { status } } } = await client.patch(`logged-models/${id}`, { parameters: { model_id: id, status: READY }, answer: ModelSchema, repeatable: true })
  if (status !== READY) throw new MlflowError('ERR_MLFLOW_ANSWER', `MLflow took ${READY} of ${id} for ${status}`)
}

/** Removes a model that is registered nowhere, and its files. */
export async function discardLoggedModel (client: MlflowClient, { id, folder }: LoggedModel): Promise<void> {
  await client.artifacts.remove(folder)
  await client.delete(`logged-models/${id}`, { parameters: {}, answer: AnythingSchema, repeatable: true })
}

/** Models of a version whose upload was broken off so hard that nothing could tidy up behind it. */
export async function findAbandoned (client: MlflowClient, { experiment, name, version }: LoggedModelKey): Promise<LoggedModel[]> {
  const { models = [] } = await client.post('logged-models/search', {
    parameters: {
      experiment_ids: [experiment],
      filter: `tags.\`${MODEL_TAG}\` = '${name}' AND tags.\`${VERSION_TAG}\` = '${version}' AND status = '${PENDING}'`,
      max_results: MOST_ABANDONED
    },
    answer: ModelsSchema,
    repeatable: true
  })
  return models.filter(({ info }) => Date.now() - Number(info.creation_timestamp_ms) > ABANDONED_AFTER_MS).map(({ info }) => toModel(info))
}

function toModel ({ model_id: id, artifact_uri: folder }: Static<typeof InfoSchema>): LoggedModel {
  return { id, folder }
}
