import kafkajs, { type Mechanism } from 'kafkajs'
import type { TokenSource } from './oauth-token.ts'

const SEPARATOR = '\x01'
const LENGTH_BYTES = 4

/**
 * SASL OAUTHBEARER (RFC 7628). kafkajs's own does not read the brokers' answer: it takes a refused token for accepted, and
 * whatever it asks next gets no answer, for ever. Here a refusal is an error like a lost connection: the next attempt
 * comes with a new token.
 */
export function oauthBearer (source: TokenSource): Mechanism {
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: ({ host, port, saslAuthenticate }) => ({
      async authenticate () {
        const token = await source.token()
        const refusal = await saslAuthenticate({
          request: { encode: () => withLength(`n,,${SEPARATOR}auth=Bearer ${token}${SEPARATOR}${SEPARATOR}`) },
          response: { decode: bytes => bytes.subarray(LENGTH_BYTES), parse: String }
        })
        if (!refusal) return
        source.forget()
        // The brokers want this before they end the connection, which they then do.
        await saslAuthenticate({ request: { encode: () => withLength(SEPARATOR) } }).catch(() => {})
        throw new kafkajs.KafkaJSConnectionError(`The brokers refuse the OAuth token (${statusOf(refusal)})`, { broker: `${host}:${port}` })
      }
    })
  }
}

function withLength (text: string): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeInt32BE(Buffer.byteLength(text))
  return Buffer.concat([length, Buffer.from(text)])
}

/** The one word of the refusal that is no risk to log. */
function statusOf (refusal: string): string {
  return /"status"\s*:\s*"([a-z_]{1,40})"/.exec(refusal)?.[1] ?? 'no reason given'
}
