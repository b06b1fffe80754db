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
  if (scheme === 'mlflow') {
    return createMlflowStore({
      server: { url: mlflowAddress(rest || environment.MLFLOW_TRACKING_URI || ''), username: environment.MLFLOW_TRACKING_USERNAME, password: environment.MLFLOW_TRACKING_PASSWORD },
      experiment: environment.MLFLOW_EXPERIMENT_NAME || DEFAULT_EXPERIMENT,
      cacheFolder
    })
  }
  if (scheme === 's3') {
    const [, bucket = '', prefix = ''] = /^\/\/([^/]+)(.*)$/.exec(rest) ?? []
    if (!BUCKET.test(bucket)) throw new ModelStoreError('ERR_STORE_URL', 'MODEL_STORE_URL must name a bucket, as in s3://bucket/prefix')
    return createS3Store({ bucket, prefix, endpoint: environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL, cacheFolder })
  }
  throw new ModelStoreError('ERR_STORE_URL', `MODEL_STORE_URL must be file: and a folder, mlflow: or s3://bucket/prefix (got ${url.split(':')[0]}:)`)
}

/**
 * The address of an MLflow server, checked.
 * @throws {ModelStoreError} ERR_STORE_URL
 */
function mlflowAddress (address: string): string {
  const parsed = URL.canParse(address) ? new URL(address) : undefined
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new ModelStoreError('ERR_STORE_URL', 'MODEL_STORE_URL mlflow: needs the address of a server, http://host:port, after it or in MLFLOW_TRACKING_URI')
  }
  if (parsed.username || parsed.password) {
    throw new ModelStoreError('ERR_STORE_URL', 'The login for MLflow belongs in MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, not in the address')
  }
  return address
}

/** Brings the version that an alias points at to disk, verified. */
export async function fetchByAlias (store: ModelStore, name: string, alias: string): Promise<StoredModel> {
  return await store.fetch(name, await store.resolve(name, alias))
}
