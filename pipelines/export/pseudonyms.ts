import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type Environment, usageError } from '../step.ts'

/** As long as the hash is strong (RFC 2104, section 3), were every byte random. */
const SHORTEST_KEY = 32
/** 128 bits: two of a billion values are the same by chance once in 10^20 runs. */
const PSEUDONYM_DIGITS = 32

export type Pseudonymize = (field: 'id' | 'customer', value: string) => string

/** What `createPseudonyms` gives. */
export const PSEUDONYM = new RegExp(`^[0-9a-f]{${PSEUDONYM_DIGITS}}$`)

/**
 * Keyed pseudonyms: HMAC-SHA-256, so that one value has one pseudonym in every file and run with the same key, and nobody
 * without the key can try values out. The same value as id and as customer has two.
 */
export function createPseudonyms (key: Buffer): Pseudonymize {
  return (field, value) => createHmac('sha256', key).update(`${field}\0${value}`).digest('hex').slice(0, PSEUDONYM_DIGITS)
}

/**
 * Takes the key from `--key-file`, else from PSEUDONYM_KEY. White space around it does not count.
 * @throws {PipelineError} ERR_USAGE when there is none or it is shorter than 32 bytes
 */
export async function readKey (keyFile: string | undefined, environment: Environment): Promise<Buffer> {
  const given = keyFile === undefined
    ? environment['PSEUDONYM_KEY']
    : await readFile(keyFile, 'utf8').catch((cause: unknown) => { throw usageError(`The key file ${keyFile} cannot be read`, cause) })
  const key = Buffer.from((given ?? '').trim())
  if (!key.length) throw usageError('A key is needed: --key-file FILE or PSEUDONYM_KEY, for example from `openssl rand -hex 32`')
  if (key.length < SHORTEST_KEY || new Set(key).size < 8) throw usageError(`The key is too weak: ${SHORTEST_KEY} random characters or more, for example from \`openssl rand -hex 32\``)
  return key
}
