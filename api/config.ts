import envSchema from 'env-schema'
import Type, { type Static } from 'typebox'

/**
 * Everything that can be set on the API, by environment variable. `docs/configuration.md` and `.env.example` are
 * generated from it (`npm run generate`).
 */
export const ConfigSchema = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', description: 'Address to listen on. Set `0.0.0.0` to be reached from other machines.' }),
  PORT: Type.Integer({ default: 3000, minimum: 0, maximum: 65535, description: 'Port to listen on; 0 takes a free one.' }),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], { default: 'info', description: 'Least level of log lines.' }),
  MODEL_STORE_URL: Type.String({ default: 'file:model-store/models', description: 'Where the models are: `file:` and a folder, `mlflow:` and the address of a server, or `s3://bucket/prefix` (docs/model-store.md).' }),
  MODEL_CACHE_DIR: Type.String({ default: '.cache/models', description: 'Folder to which versions are brought from stores on other machines; must be writable for those.' }),
  MLFLOW_TRACKING_URI: Type.String({ default: '', description: 'Address of the MLflow server, where `MODEL_STORE_URL` is `mlflow:` alone.' }),
  MLFLOW_TRACKING_USERNAME: Type.String({ default: '', description: 'Login for MLflow, where it asks for one.' }),
  MLFLOW_TRACKING_PASSWORD: Type.String({ default: '', description: 'Password for that login.' }),
  AWS_ENDPOINT_URL_S3: Type.String({ default: '', description: 'S3 server other than AWS. Region and credentials are read by the AWS SDK, as by all its programs.' }),
  AWS_ENDPOINT_URL: Type.String({ default: '', description: 'The same for all AWS services; `AWS_ENDPOINT_URL_S3` comes first.' }),
  MODEL_NAME: Type.String({ default: 'inquiry-classifier', description: 'Name of the model.' }),
  MODEL_ALIAS: Type.String({ default: 'production', description: 'Alias of the version to serve.' }),
  INFERENCE_WORKERS: Type.Integer({ default: 0, minimum: 0, maximum: 256, description: 'Inference threads; 0 means one for each core that the process may use.' }),
  MAX_QUEUE: Type.Integer({ default: 1_000, minimum: 1, description: 'Most inquiries that wait for a worker; more are refused with 429.' }),
  MAX_REQUEST_TIMEOUT_MS: Type.Integer({ default: 10_000, minimum: 1, maximum: 600_000, description: 'Deadline of a request without `x-request-timeout-ms`, and the longest one that can be asked for.' }),
  WORKER_HANG_MS: Type.Integer({ default: 5_000, minimum: 100, description: 'A run of the model that takes longer is taken for hung, and its worker is replaced.' }),
  MAX_BODY_BYTES: Type.Integer({ default: 1_048_576, minimum: 1_024, description: 'Largest request body.' }),
  BODY_TIMEOUT_MS: Type.Integer({ default: 10_000, minimum: 100, description: 'How long a client may take to send a request.' }),
  SHUTDOWN_TIMEOUT_MS: Type.Integer({ default: 10_000, minimum: 0, description: 'How long requests in flight may take to end after SIGTERM.' }),
  DRAIN_DELAY_MS: Type.Integer({ default: 0, minimum: 0, description: 'How long `/health/ready` answers 503, while requests are still answered, before connections are refused: time for load balancers to notice.' }),
  API_KEYS: Type.String({ default: '', description: 'Comma-separated keys of which a request must bear one. Empty: none is needed, unless `API_KEYS_FILE` is set.' }),
  API_KEYS_FILE: Type.String({ default: '', description: 'File with one key a line, in addition to `API_KEYS`; read again whenever it changes, so that keys rotate without a restart.' }),
  RATE_LIMIT_PER_MINUTE: Type.Integer({ default: 0, minimum: 0, description: 'Most requests a minute for each API key, or for each address without keys; 0 means no limit.' }),
  CORS_ORIGINS: Type.String({ default: '', description: 'Comma-separated origins whose pages may call the API from a browser; empty: none but its own.' }),
  TRUST_PROXY: Type.Boolean({ default: false, description: 'Take the client\'s address from `X-Forwarded-For`; only behind a proxy that sets it.' })
})

export type Config = Static<typeof ConfigSchema>

/**
 * Reads the configuration.
 * @throws an error that names each wrong variable
 */
export function readConfig (environment: Record<string, string | undefined>): Config {
  const data = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  return envSchema<Config>({ schema: ConfigSchema, data, env: false, dotenv: false })
}

/** The entries of a comma-separated variable. */
export function listOf (variable: string): string[] {
  return variable.split(',').map(entry => entry.trim()).filter(Boolean)
}
