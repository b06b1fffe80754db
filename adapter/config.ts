import envSchema from 'env-schema'
import Type, { type Static } from 'typebox'
import { conflictsOf } from './config-conflicts.ts'

const topic = (name: string, description: string) => Type.String({ default: name, pattern: '^(?!\\.{1,2}$)[A-Za-z0-9._-]{1,249}$', description })

/** Everything that can be set on the adapter, by environment variable. */
export const AdapterConfigSchema = Type.Object({
  KAFKA_BROKERS: Type.String({ default: '127.0.0.1:9092', description: 'Comma-separated `host:port` of some brokers of the cluster; the others are found through them.' }),
  KAFKA_CLIENT_ID: Type.String({ default: 'inquiry-adapter', description: 'Name under which the adapter shows in the brokers\' logs and quotas.' }),
  KAFKA_SSL: Type.Boolean({ default: false, description: 'Encrypt the connections to Kafka.' }),
  KAFKA_SSL_CA_FILE: Type.String({ default: '', description: 'PEM file of the authorities that sign the brokers\' certificates; empty: those that Node knows.' }),
  KAFKA_SSL_CERT_FILE: Type.String({ default: '', description: 'PEM file of the adapter\'s own certificate, where the brokers ask for one.' }),
  KAFKA_SSL_KEY_FILE: Type.String({ default: '', description: 'PEM file of the key of that certificate.' }),
  KAFKA_SASL_MECHANISM: Type.Enum(['', 'plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'], { default: '', description: 'How the adapter proves who it is; empty: not by SASL.' }),
  KAFKA_SASL_USERNAME: Type.String({ default: '', description: 'User for `plain` and `scram-…`.' }),
  KAFKA_SASL_PASSWORD: Type.String({ default: '', description: 'Password for `plain` and `scram-…`.' }),
  KAFKA_SASL_OAUTH_TOKEN_URL: Type.String({ default: '', description: 'Token endpoint for `oauthbearer`, asked by the client credentials grant.' }),
  KAFKA_SASL_OAUTH_CLIENT_ID: Type.String({ default: '', description: 'Client id for the token endpoint.' }),
  KAFKA_SASL_OAUTH_CLIENT_SECRET: Type.String({ default: '', description: 'Client secret for the token endpoint.' }),
  KAFKA_SASL_OAUTH_SCOPE: Type.String({ default: '', description: 'Scope to ask the token endpoint for.' }),
  KAFKA_SASL_OAUTH_TOKEN_FILE: Type.String({ default: '', description: 'File with the token for `oauthbearer`, in place of an endpoint; read again for each connection, so that tokens rotate without a restart.' }),
  KAFKA_SESSION_TIMEOUT_MS: Type.Integer({ default: 6_000, minimum: 1_000, maximum: 300_000, description: 'Silence after which Kafka gives the partitions of a dead adapter to the others; at least the brokers\' `group.min.session.timeout.ms`.' }),
  CONSUMER_GROUP: Type.String({ default: 'inquiry-adapter', description: 'Consumer group; all adapters of one service share it.' }),
  INQUIRY_TOPIC: topic('inquiries', 'Topic that inquiries are read from.'),
  RESULT_TOPIC: topic('inquiry-classes', 'Topic that decisions are sent to.'),
  LATE_TOPIC: topic('inquiry-classes.late', 'Topic for answers that came after the inquiry had been decided without them.'),
  DEAD_LETTER_TOPIC: topic('inquiries.dead-letter', 'Topic for records that cannot be read.'),
  CREATE_TOPICS: Type.Boolean({ default: false, description: 'Create the topics that are missing at start.' }),
  TOPIC_PARTITIONS: Type.Integer({ default: 6, minimum: 1, maximum: 10_000, description: 'Partitions of topics that the adapter creates.' }),
  TOPIC_REPLICATION_FACTOR: Type.Integer({ default: -1, minimum: -1, maximum: 32_767, description: 'Replication factor of topics that the adapter creates; -1 is the cluster\'s default.' }),
  INQUIRY_TIMEOUT_MS: Type.Integer({ default: 10_000, minimum: 1, maximum: 86_400_000, description: 'Time from a record\'s timestamp to its decision; then it goes to manual classification. A record\'s `deadline` header counts when earlier.' }),
  CLASSIFY_URL: Type.String({ default: 'http://127.0.0.1:3000/classify', description: 'Full URL of the API\'s endpoint.' }),
  CLASSIFY_API_KEY: Type.String({ default: '', pattern: '^[!-~]*$', description: 'Key that the API asks for.' }),
  CLASSIFY_CONCURRENCY: Type.Integer({ default: 32, minimum: 1, maximum: 1_024, description: 'Most requests to the API at a time.' }),
  CLASSIFY_ATTEMPTS: Type.Integer({ default: 3, minimum: 1, maximum: 20, description: 'Most requests for one inquiry.' }),
  BREAKER_ERROR_PERCENT: Type.Integer({ default: 50, minimum: 0, maximum: 100, description: 'Share of failed requests from which on the API is left alone for a while; 0 switches this off.' }),
  BREAKER_RESET_MS: Type.Integer({ default: 2_000, minimum: 1, maximum: 600_000, description: 'How long it is left alone before one request tries again.' }),
  MAX_IN_FLIGHT: Type.Integer({ default: 10_000, minimum: 1, maximum: 1_000_000, description: 'Most records that are read and not yet committed; reading pauses above it.' }),
  MAX_RECORD_BYTES: Type.Integer({ default: 262_144, minimum: 1_024, description: 'Largest value that is parsed; larger ones are dead letters.' }),
  COMMIT_INTERVAL_MS: Type.Integer({ default: 1_000, minimum: 10, maximum: 60_000, description: 'Time between commits of offsets.' }),
  LATE_GRACE_MS: Type.Integer({ default: 2_000, minimum: 0, maximum: 600_000, description: 'How long after the deadline an answer is still awaited, for the late topic; 0: not at all.' }),
  DRAIN_TIMEOUT_MS: Type.Integer({ default: 2_000, minimum: 0, maximum: 600_000, description: 'How long after SIGTERM answers of the API and of Kafka are still awaited. New inquiries wait as long; what is not decided then, another adapter decides.' }),
  HEALTH_HOST: Type.String({ default: '127.0.0.1', description: 'Address of `/health/live`, `/health/ready` and `/metrics`. Set `0.0.0.0` to be reached from other machines.' }),
  HEALTH_PORT: Type.Integer({ default: 3001, minimum: 0, maximum: 65_535, description: 'Port of the same; 0 takes a free one.' }),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], { default: 'info', description: 'Least level of log lines.' })
})

export type AdapterConfig = Static<typeof AdapterConfigSchema>

/**
 * Reads the configuration. Empty variables mean their defaults; files are looked at, so that a wrong path shows at start.
 * @throws an error that names each wrong variable and repeats no value
 */
export function readAdapterConfig (environment: Record<string, string | undefined>): AdapterConfig {
  const data = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const config = envSchema<AdapterConfig>({ schema: AdapterConfigSchema, data, env: false, dotenv: false })
  const conflicts = conflictsOf(config)
  if (conflicts.length > 0) throw new Error(conflicts.join('; '))
  return config
}
