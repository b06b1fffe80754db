export interface UnsecuredTokenOptions {
  /** The principal that Kafka sees. @default 'app' */
  subject?: string
  /** Milliseconds until it expires; a negative number makes one that has expired. @default 3600000 */
  lifetime?: number
}

/** An unsigned JWS, as the brokers of `KafkaCluster` take it for OAUTHBEARER. */
export function unsecuredToken ({ subject = 'app', lifetime = 3_600_000 }: UnsecuredTokenOptions = {}): string {
  const now = Date.now()
  const [issued, expires] = [Math.min(now, now + lifetime) - 1_000, now + lifetime].map(time => Math.floor(time / 1_000))
  return [{ alg: 'none' }, { sub: subject, iat: issued, exp: expires }].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') + '.'
}
