import { type AdapterConfig, readAdapterConfig } from '../../adapter/config.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface EnvironmentOptions {
  /** The demo's own. */
  readonly environment: Environment
  /** Of the broker that the demo started; left out where `environment` names a cluster. */
  readonly bootstrap?: string
  /** Sets the names of this run apart. */
  readonly run: string
}

/** Names that a run takes for itself on somebody's cluster, unless they are given. */
const NAMES = ['INQUIRY_TOPIC', 'RESULT_TOPIC', 'LATE_TOPIC', 'DEAD_LETTER_TOPIC', 'CONSUMER_GROUP'] as const satisfies ReadonlyArray<keyof AdapterConfig>

/** Shorter than in production, so that one can watch a deadline pass. */
const TIMEOUT_MS = '5000'
const DRAIN_MS = '3000'

/** Environment of the adapter, and which names in it only this run uses. */
export function adapterEnvironment ({ environment, bootstrap, run }: EnvironmentOptions): { environment: Environment, ownNames: string[] } {
  const settings = {
    INQUIRY_TIMEOUT_MS: environment.INQUIRY_TIMEOUT_MS || TIMEOUT_MS,
    DRAIN_TIMEOUT_MS: DRAIN_MS,
    CREATE_TOPICS: 'true',
    HEALTH_HOST: '127.0.0.1'
  }
  if (bootstrap !== undefined) {
    // What the user has set for some other cluster, as KAFKA_SSL, does not fit this one.
    const others = Object.entries(environment).filter(([name]) => !name.startsWith('KAFKA_'))
    return { environment: { ...Object.fromEntries(others), ...settings, KAFKA_BROKERS: bootstrap }, ownNames: [] }
  }
  const defaults = readAdapterConfig({})
  const own = NAMES.filter(name => !environment[name]).map(name => [name, `inquiry-demo-${run}.${defaults[name]}`] as const)
  return { environment: { ...environment, ...settings, ...Object.fromEntries(own) }, ownNames: own.map(([, name]) => name) }
}

/** Environment of the API: what is left out has its default, and nobody but the adapter calls it. */
export function apiEnvironment ({ environment, port }: { environment: Environment, port: number }): Environment {
  return { ...environment, HOST: '127.0.0.1', PORT: String(port), API_KEYS: '', API_KEYS_FILE: '', RATE_LIMIT_PER_MINUTE: '' }
}
