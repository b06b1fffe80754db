import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ServiceError } from '../errors.ts'

export interface AuthenticationOptions {
  /** Keys from the environment. */
  readonly keys: readonly string[]
  /** File with one key a line, read again whenever it changes; empty for none. */
  readonly keysFile: string
}

const RELOAD_INTERVAL_MS = 1_000

/** Knows the valid API keys, by digest only. */
export interface Authenticator {
  /** Whether a key is needed at all. */
  readonly required: boolean
  /** Digest of the key that the request bears, in hexadecimal; nothing when it bears no valid one. */
  identify(request: FastifyRequest): string | undefined
}

/**
 * Loads the keys and follows the keys file: a new key works at once, a removed one ends, and no restart is needed.
 * A file that cannot be read at a change keeps the keys that were.
 */
export function createAuthenticator (app: FastifyInstance, { keys, keysFile }: AuthenticationOptions): Authenticator {
  const fixed = keys.map(digest)
  let digests = [...fixed, ...(keysFile ? readFirstKeys(keysFile) : [])]
  const required = keys.length > 0 || keysFile !== ''
  if (keysFile) {
    const reload = () => {
      try {
        digests = [...fixed, ...readKeys(keysFile)]
        app.log.info({ keys: digests.length }, 'API keys reloaded')
      } catch (err) {
        app.log.error({ err }, 'API keys could not be reloaded; the previous ones stay')
      }
    }
    watchFile(keysFile, { interval: RELOAD_INTERVAL_MS, persistent: false }, reload)
    app.addHook('onClose', () => unwatchFile(keysFile, reload))
  }

  function identify (request: FastifyRequest): string | undefined {
    const offered = digest(offeredKey(request.headers))
    // Every key is compared, each in constant time: the time taken tells nothing of which one was near.
    const matches = digests.filter(known => timingSafeEqual(known, offered))
    return matches[0]?.toString('hex')
  }
  return { required, identify }
}

/** Refuses requests without a valid key. */
export function requireKey (authenticator: Authenticator) {
  return async (request: FastifyRequest): Promise<void> => {
    if (authenticator.required && authenticator.identify(request) === undefined) throw new ServiceError('ERR_UNAUTHENTICATED')
  }
}

function offeredKey (headers: FastifyRequest['headers']): string {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  return bearer ?? String(headers['x-api-key'] ?? '')
}

function readFirstKeys (file: string): Buffer[] {
  try {
    return readKeys(file)
  } catch (cause) {
    throw new Error(`API_KEYS_FILE cannot be read: ${String(cause)}`, { cause })
  }
}

function readKeys (file: string): Buffer[] {
  return readFileSync(file, 'utf8').split('\n').map(line => line.trim()).filter(Boolean).map(digest)
}

function digest (key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
