import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import Type from 'typebox'
import Value from 'typebox/value'
import type { MlflowConnection, RequestBody } from './connection.ts'
import { MlflowError } from './errors.ts'

export interface StoredArtifact {
  /** Below the folder that was listed. */
  readonly path: string
  readonly isFolder: boolean
  /** Bytes. */
  readonly size: number
}

const ROOT = '/api/2.0/mlflow-artifacts/artifacts'
const DEADLINE_MS = 30_000
/** Slower than this, a transfer counts as hung. */
const LEAST_BYTES_PER_MS = 100

const ListSchema = Type.Object({
  files: Type.Optional(Type.Array(Type.Object({
    path: Type.String(), is_dir: Type.Optional(Type.Boolean()), file_size: Type.Optional(Type.Union([Type.Integer(), Type.String()]))
  })))
})

/**
 * Files on an MLflow server that keeps them itself (`--serve-artifacts`, its default). Folders are named by the
 * `mlflow-artifacts:` URI that MLflow gives out. An upload is atomic: a file is there whole or not at all.
 */
export class MlflowArtifacts {
  readonly #connection: MlflowConnection

  constructor (connection: MlflowConnection) {
    this.#connection = connection
  }

  /** @throws {MlflowError} */
  async upload (folder: string, name: string, file: string): Promise<void> {
    const { size } = await stat(file)
    await this.#put(folder, name, size, () => Readable.toWeb(createReadStream(file)) as RequestBody)
  }

  /** @throws {MlflowError} */
  async write (folder: string, name: string, content: string): Promise<void> {
    await this.#put(folder, name, Buffer.byteLength(content), () => content)
  }

  /** @throws {MlflowError} refused with RESOURCE_DOES_NOT_EXIST when it is not there */
  async read (folder: string, name: string): Promise<Buffer> {
    return await this.#connection.send({ method: 'GET', path: pathOf(folder, name), deadlineMs: DEADLINE_MS, repeatable: true },
      async response => Buffer.from(await response.arrayBuffer()))
  }

  /**
   * @param size expected, in bytes: sets the deadline
   * @throws {MlflowError} refused with RESOURCE_DOES_NOT_EXIST when it is not there
   */
  async download (folder: string, name: string, file: string, size: number): Promise<void> {
    await this.#connection.send({ method: 'GET', path: pathOf(folder, name), deadlineMs: deadlineFor(size), repeatable: true }, async ({ body }) => {
      await pipeline(body ? Readable.fromWeb(body as ReadableStream) : Readable.from([]), createWriteStream(file))
    })
  }

  /** What lies directly in a folder. @throws {MlflowError} */
  async list (folder: string): Promise<StoredArtifact[]> {
    const query = new URLSearchParams({ path: rootPath(folder) })
    const answer: unknown = await this.#connection.send({ method: 'GET', path: `${ROOT}?${query}`, deadlineMs: DEADLINE_MS, repeatable: true },
      async response => await response.json().catch(() => undefined))
    if (!Value.Check(ListSchema, answer)) throw new MlflowError('ERR_MLFLOW_ANSWER', `The list of ${folder} is not MLflow's`)
    return (answer.files ?? []).map(({ path, is_dir: isFolder = false, file_size: size = 0 }) => ({ path, isFolder, size: Number(size) }))
  }

  /** Removes a folder, or a file in it, for good. @throws {MlflowError} */
  async remove (folder: string, name?: string): Promise<void> {
    await this.#connection.send({ method: 'DELETE', path: pathOf(folder, name), deadlineMs: DEADLINE_MS, repeatable: true }, response => response.arrayBuffer())
  }

  async #put (folder: string, name: string, size: number, body: () => RequestBody): Promise<void> {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) }
    await this.#connection.send({ method: 'PUT', path: pathOf(folder, name), headers, body, deadlineMs: deadlineFor(size), repeatable: true }, response => response.arrayBuffer())
  }
}

function deadlineFor (bytes: number): number {
  return DEADLINE_MS + Math.ceil(bytes / LEAST_BYTES_PER_MS)
}

/** Each segment is encoded on its own: an unencoded `..` would be resolved and lead out of the folder. */
function pathOf (folder: string, name?: string): string {
  const segments = `${rootPath(folder)}${name === undefined ? '' : `/${name}`}`.split('/')
  if (segments.some(segment => segment === '' || segment === '.' || segment === '..')) throw new MlflowError('ERR_MLFLOW_REFUSED', `${JSON.stringify(name)} is no name of an artefact`)
  return `${ROOT}/${segments.map(encodeURIComponent).join('/')}`
}

/** @throws {MlflowError} when the server leaves it to its clients to reach the files */
function rootPath (folder: string): string {
  const path = /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(.+?)\/*$/.exec(folder)?.[1]
  if (path === undefined) {
    throw new MlflowError('ERR_MLFLOW_REFUSED', `The server keeps artefacts at ${folder}: it must serve them itself (mlflow server --serve-artifacts, without --default-artifact-root)`)
  }
  return path
}
