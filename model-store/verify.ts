import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ModelStoreError } from './errors.ts'
import { type Manifest, type ManifestFile, parseManifest } from './manifest.ts'

export const MANIFEST_FILE = 'manifest.json'

/**
 * Reads the manifest of a version's folder and checks size and SHA-256 of every file.
 * @throws {ModelStoreError} ERR_MANIFEST_INVALID, ERR_MODEL_CORRUPT (the message names the file)
 */
export async function verifyDirectory (directory: string): Promise<Manifest> {
  const path = join(directory, MANIFEST_FILE)
  const json = await readFile(path, 'utf8').catch(cause => {
    throw new ModelStoreError('ERR_MODEL_CORRUPT', `${path} is missing or unreadable`, { cause })
  })
  const manifest = parseManifest(json, path)
  await Promise.all(manifest.files.map(file => verifyFile(directory, file)))
  return manifest
}

/** @throws {ModelStoreError} ERR_MODEL_CORRUPT (the message names the file) */
export async function verifyFile (directory: string, expected: ManifestFile): Promise<void> {
  const path = join(directory, expected.path)
  const size = await stat(path).then(stats => stats.size, () => undefined)
  if (size === undefined) throw new ModelStoreError('ERR_MODEL_CORRUPT', `${path} is missing`)
  if (size !== expected.size) {
    throw new ModelStoreError('ERR_MODEL_CORRUPT', `${path} has ${size} bytes, its manifest says ${expected.size}`)
  }
  const sha256 = await hashFile(path)
  if (sha256 !== expected.sha256) {
    throw new ModelStoreError('ERR_MODEL_CORRUPT', `${path} has SHA-256 ${sha256}, its manifest says ${expected.sha256}`)
  }
}

/** SHA-256 of a file, in hexadecimal. */
export async function hashFile (path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

/** The manifest's entry for a file on disk. */
export async function describeFile (directory: string, path: string): Promise<ManifestFile> {
  const { size } = await stat(join(directory, path))
  return { path, size, sha256: await hashFile(join(directory, path)) }
}
