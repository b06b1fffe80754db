import { createHash, randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eachLimited } from './each-limited.ts'
import { ModelStoreError } from './errors.ts'
import { type Manifest, type ManifestFile, parseManifest } from './manifest.ts'
import type { StoredModel } from './store.ts'
import { MANIFEST_FILE, verifyDirectory, verifyFile } from './verify.ts'

/** A version as a store on another machine has it. */
export interface RemoteVersion {
  readonly name: string
  readonly version: string
  /** Where it is, for messages. */
  readonly location: string
  readonly manifest: Buffer
  /** SHA-256 of the manifest, where the store knows it from elsewhere. */
  readonly digest?: string | undefined
  /** Throws ERR_MODEL_CORRUPT when it is not there. */
  download(file: ManifestFile, path: string): Promise<void>
}

const DOWNLOADS_AT_A_TIME = 4
const DIGITS = 12

/**
 * Brings a version to `<folder>/<name>/<version>-<digest>/`, verified. What is there already is verified and used again.
 * The digest is the manifest's, which has those of all files: stores that share a cache never mix their versions up.
 * @throws {ModelStoreError} ERR_MANIFEST_INVALID, ERR_MODEL_CORRUPT, ERR_CACHE_UNWRITABLE
 */
export async function bringToCache (folder: string, remote: RemoteVersion): Promise<StoredModel> {
  const digest = createHash('sha256').update(remote.manifest).digest('hex')
  const manifest = readRemoteManifest(remote, digest)
  const directory = join(folder, remote.name, `${remote.version}-${digest.slice(0, DIGITS)}`)
  if (!await isComplete(directory)) await download(folder, remote, manifest, directory)
  return { manifest, directory }
}

function readRemoteManifest ({ manifest: bytes, location, name, version, digest: expected }: RemoteVersion, digest: string): Manifest {
  const source = `${location}/${MANIFEST_FILE}`
  const manifest = parseManifest(bytes.toString(), source)
  if (manifest.name !== name || manifest.version !== version) throw new ModelStoreError('ERR_MODEL_CORRUPT', `${source} is of ${manifest.name} ${manifest.version}`)
  if (expected !== undefined && expected !== digest) throw new ModelStoreError('ERR_MODEL_CORRUPT', `${source} has SHA-256 ${digest}, published was ${expected}`)
  return manifest
}

async function isComplete (directory: string): Promise<boolean> {
  return await verifyDirectory(directory).then(() => true, () => false)
}

/** Into a folder beside it, which takes its place once all is verified. */
async function download (folder: string, remote: RemoteVersion, manifest: Manifest, directory: string): Promise<void> {
  const staging = join(folder, `.${randomUUID()}`)
  try {
    await mkdir(staging, { recursive: true })
    await eachLimited(manifest.files, DOWNLOADS_AT_A_TIME, async file => {
      await remote.download(file, join(staging, file.path))
      await verifyFile(staging, file)
    })
    await writeFile(join(staging, MANIFEST_FILE), remote.manifest)
    await mkdir(join(folder, remote.name), { recursive: true })
    await replace(staging, directory)
  } catch (error) {
    throw isDiskError(error) ? new ModelStoreError('ERR_CACHE_UNWRITABLE', `MODEL_CACHE_DIR ${folder} cannot be written: ${error.message}`, { cause: error }) : error
  } finally {
    await rm(staging, { recursive: true, force: true }).catch(() => {})
  }
}

/** What is in the way is damaged, or has just been brought by another process. */
async function replace (staging: string, directory: string): Promise<void> {
  try {
    await rename(staging, directory)
  } catch (error) {
    if (await isComplete(directory)) return
    if (!isDiskError(error) || !['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(error.code ?? '')) throw error
    await rm(directory, { recursive: true, force: true })
    await rename(staging, directory)
  }
}

function isDiskError (error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error
}
