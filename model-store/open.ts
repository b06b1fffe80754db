import { createFileStore } from './backends/file.ts'
import { createMlflowStore } from './backends/mlflow.ts'
import { createS3Store } from './backends/s3.ts'
import { ModelStoreError } from './errors.ts'
import type { ModelStore, StoredModel } from './store.ts'

/** The environment variables that stores on other machines are opened with. Empty ones count as not set. */
export interface StoreEnvironment {
  /** Folder to which versions are brought. @default '.cache/models' */
  readonly MODEL_CACHE_DIR?: string | undefined
  readonly MLFLOW_TRACKING_URI?: string | undefined
  readonly MLFLOW_TRACKING_USERNAME?: string | undefined
  readonly MLFLOW_TRACKING_PASSWORD?: string | undefined
  /** @default 'inquiry-matching' */
  readonly MLFLOW_EXPERIMENT_NAME?: string | undefined
  /** S3 server other than AWS. Region and credentials are read by the AWS SDK, from wherever it always does. */
  readonly AWS_ENDPOINT_URL_S3?: string | undefined
  readonly AWS_ENDPOINT_URL?: string | undefined
}

export const DEFAULT_EXPERIMENT = 'inquiry-matching'
const DEFAULT_CACHE = '.cache/models'
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

/**
 * Opens the store that a URL names (docs/model-store.md): `file:` and a folder, relative to the working directory or
 * absolute; `mlflow:` and the address of an MLflow server, or alone for the one in MLFLOW_TRACKING_URI; `s3://bucket/prefix`.
 * @throws {ModelStoreError} ERR_STORE_URL
 */
export function openModelStore (url: string, environment: StoreEnvironment = {}): ModelStore {
  const [, scheme = '', rest = ''] = /^(\w+):(.*)$/.exec(url) ?? []
  const cacheFolder = environment.MODEL_CACHE_DIR || DEFAULT_CACHE
  if (scheme === 'file' && rest.replace(/^\/\//, '')) return createFileStore(rest.replace(/^\/\//, ''))
  if (scheme === 'mlflow') return openMlflow(rest || environment.MLFLOW_TRACKING_URI || '', environment, cacheFolder)
  if (scheme === 's3') {
    const [, bucket = '', prefix = ''] = /^\/\/([^/]+)(.*)$/.exec(rest) ?? []
    if (!BUCKET.test(bucket)) throw new ModelStoreError('ERR_STORE_URL', 'MODEL_STORE_URL must name a bucket, as in s3://bucket/prefix')
    return createS3Store({ bucket, prefix, endpoint: environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL, cacheFolder })
  }
  throw new ModelStoreError('ERR_STORE_URL', `MODEL_STORE_URL must be file: and a folder, mlflow: or s3://bucket/prefix (got ${url.split(':')[0]}:)`)
}

function openMlflow (url: string, environment: StoreEnvironment, cacheFolder: string): ModelStore {
  const { MLFLOW_TRACKING_USERNAME: username, MLFLOW_TRACKING_PASSWORD: password, MLFLOW_EXPERIMENT_NAME: experiment } = environment
  try {
    return createMlflowStore({ server: { url, username, password }, experiment: experiment || DEFAULT_EXPERIMENT, cacheFolder })
  } catch (cause) {
    throw new ModelStoreError('ERR_STORE_URL', `MODEL_STORE_URL mlflow: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** Brings the version that an alias points at to disk, verified. */
export async function fetchByAlias (store: ModelStore, name: string, alias: string): Promise<StoredModel> {
  return await store.fetch(name, await store.resolve(name, alias))
}
