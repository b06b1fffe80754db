import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3'
import { ModelStoreError } from '../../errors.ts'

export interface BucketOptions {
  readonly bucket: string
  /** Of an S3 server other than AWS; its buckets are addressed by path. */
  readonly endpoint?: string | undefined
}

export interface StoredObject {
  readonly bytes: Buffer
  readonly etag: string
  readonly metadata: Readonly<Record<string, string>>
}

export interface PutOptions {
  /** Only if the object has this ETag still; null: only if there is none. Left out: in any case. */
  readonly replaces?: string | null
  readonly metadata?: Readonly<Record<string, string>>
  /** Lets the server refuse what was damaged on the way. */
  readonly sha256?: string
}

const DEADLINE_MS = 30_000
/** Slower than this, a transfer counts as hung. */
const LEAST_BYTES_PER_MS = 100
const CONNECT_MS = 5_000

/** Objects of one bucket, by whole keys. Conditional writes are what versions and aliases rest on. */
export class Bucket {
  readonly #options: BucketOptions
  #client: Promise<S3Client> | undefined

  constructor (options: BucketOptions) {
    this.#options = options
  }

  /** Undefined when there is none. @throws {ModelStoreError} */
  async get (key: string): Promise<StoredObject | undefined> {
    const object = await this.#getObject(key, 0)
    if (!object) return undefined
    const bytes = Buffer.from(await object.Body!.transformToByteArray())
    return { bytes, etag: object.ETag!, metadata: object.Metadata ?? {} }
  }

  /**
   * @param size expected, in bytes: sets the deadline
   * @returns whether there is such an object
   * @throws {ModelStoreError}
   */
  async download (key: string, file: string, size: number): Promise<boolean> {
    const object = await this.#getObject(key, size)
    if (!object) return false
    await pipeline(object.Body as Readable, createWriteStream(file))
    return true
  }

  /** @returns whether the condition held and the object was written @throws {ModelStoreError} */
  async put (key: string, bytes: Buffer, { replaces, metadata, sha256 }: PutOptions = {}): Promise<boolean> {
    const { PutObjectCommand } = await sdk()
    const command = new PutObjectCommand({
      Bucket: this.#options.bucket,
      Key: key,
      Body: bytes,
      ...(metadata && { Metadata: metadata }),
      ...(sha256 && { ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64') }),
      ...(replaces === null ? { IfNoneMatch: '*' } : replaces !== undefined && { IfMatch: replaces })
    })
    try {
      const client = await this.#connect()
      await client.send(command, { abortSignal: deadline(bytes.length) })
      return true
    } catch (error) {
      // 409: another conditional write of the key was under way. 404: what was to be replaced is gone.
      if (replaces !== undefined && [404, 409, 412].includes(statusOf(error) ?? 0) && nameOf(error) !== 'NoSuchBucket') return false
      throw toStoreError(error, this.#options.bucket)
    }
  }

  /** Keys below a prefix and their sizes in bytes, in the order of the keys. @throws {ModelStoreError} */
  async list (prefix: string): Promise<Map<string, number>> {
    const { paginateListObjectsV2 } = await sdk()
    const found = new Map<string, number>()
    try {
      const client = await this.#connect()
      for await (const { Contents: page = [] } of paginateListObjectsV2({ client }, { Bucket: this.#options.bucket, Prefix: prefix }, { abortSignal: deadline(0) })) {
        for (const { Key: key, Size: size = 0 } of page) found.set(key!, size)
      }
    } catch (error) {
      throw toStoreError(error, this.#options.bucket)
    }
    return found
  }

  async #getObject (key: string, size: number): Promise<GetObjectCommandOutput | undefined> {
    const { GetObjectCommand } = await sdk()
    try {
      const client = await this.#connect()
      return await client.send(new GetObjectCommand({ Bucket: this.#options.bucket, Key: key }), { abortSignal: deadline(size) })
    } catch (error) {
      if (nameOf(error) === 'NoSuchKey') return undefined
      throw toStoreError(error, this.#options.bucket)
    }
  }

  #connect (): Promise<S3Client> {
    const { endpoint } = this.#options
    this.#client ??= sdk().then(({ S3Client }) => new S3Client({
      ...(endpoint && { endpoint, forcePathStyle: true }),
      requestHandler: { connectionTimeout: CONNECT_MS }
    }))
    return this.#client
  }
}

/** Loaded only where an S3 store is used. */
async function sdk () {
  return await import('@aws-sdk/client-s3')
}

function deadline (bytes: number): AbortSignal {
  return AbortSignal.timeout(DEADLINE_MS + Math.ceil(bytes / LEAST_BYTES_PER_MS))
}

/** A server that answers with a status says no; anything else, or a status of 500 and above, may pass. */
function toStoreError (error: unknown, bucket: string): ModelStoreError {
  const status = statusOf(error)
  const message = error instanceof Error ? error.message || error.name : String(error)
  const isRefused = status !== undefined ? status < 500 && status !== 429 : ['CredentialsProviderError', 'Error'].includes(nameOf(error)) && !hasCode(error)
  return new ModelStoreError(isRefused ? 'ERR_STORE_REFUSED' : 'ERR_STORE_UNAVAILABLE', `S3 bucket ${bucket}: ${nameOf(error)}: ${message}`, { cause: error })
}

function statusOf (error: unknown): number | undefined {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } }
  return $metadata?.httpStatusCode
}

function nameOf (error: unknown): string {
  return error instanceof Error ? error.name : ''
}

function hasCode (error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error
}
