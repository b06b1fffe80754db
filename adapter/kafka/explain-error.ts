/** kafkajs's errors of a protocol answer, by their type. */
export const ERROR_EXPLANATIONS = {
  UNKNOWN_TOPIC_OR_PARTITION: 'there is no such topic',
  LEADER_NOT_AVAILABLE: 'a partition has no leader at the moment',
  TOPIC_AUTHORIZATION_FAILED: 'the user may not do this with the topic (ACL)',
  CLUSTER_AUTHORIZATION_FAILED: 'the user may not do this in the cluster (ACL)',
  INVALID_REPLICATION_FACTOR: 'there are fewer brokers than TOPIC_REPLICATION_FACTOR',
  POLICY_VIOLATION: 'the cluster\'s policy does not allow such a topic'
} as const

/** What of kafkajs's and Node's errors tells one from another. */
interface KnownError {
  readonly name?: string
  readonly type?: string
  readonly code?: string
  readonly message?: string
  readonly cause?: unknown
  readonly errors?: readonly KnownError[]
}

/** An error of kafkajs in words for an operator, naming the variable that may be wrong. */
export function explain (error: unknown): string {
  const { name, type, code, message = String(error) } = rootOf(error)
  if (type !== undefined && type in ERROR_EXPLANATIONS) return ERROR_EXPLANATIONS[type as keyof typeof ERROR_EXPLANATIONS]
  if (name === 'KafkaJSSASLAuthenticationError') return `${message} (KAFKA_SASL_MECHANISM and what belongs to it)`
  if (isCertificateError(code, message)) return `${message} (KAFKA_SSL_CA_FILE must hold the authority that signed the brokers' certificate)`
  if (name === 'KafkaJSConnectionClosedError' || /closed/i.test(message)) return `${message} (KAFKA_SSL and KAFKA_SASL_MECHANISM must fit the port that KAFKA_BROKERS names)`
  return message
}

/** Whether the same would happen for ever: the brokers know the adapter and do not want it. */
export function isHopeless (error: unknown): boolean {
  return rootOf(error).name === 'KafkaJSSASLAuthenticationError'
}

/** kafkajs wraps an error when it gives up, and gathers those of several topics. */
function rootOf (error: unknown): KnownError {
  const { errors, cause } = Object(error) as KnownError
  const inner = errors?.find(({ type }) => type !== 'TOPIC_ALREADY_EXISTS') ?? cause
  return inner === undefined || inner === null ? Object(error) as KnownError : rootOf(inner)
}

function isCertificateError (code: string | undefined, message: string): boolean {
  return /CERT|SELF_SIGNED/.test(code ?? '') || /certificate/i.test(message)
}
