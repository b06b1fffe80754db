import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bringToCache } from '../cache.ts'
import { eachLimited } from '../each-limited.ts'
import { ModelStoreError } from '../errors.ts'
import type { Manifest, ManifestFile } from '../manifest.ts'
import { isSafeName, safeName, sortVersions } from '../names.ts'
import type { AliasMove, ModelStore, Promotion, StoredModel } from '../store.ts'
import { MANIFEST_FILE, verifyDirectory } from '../verify.ts'
import { AliasFile } from './s3/aliases.ts'
import { Bucket, type BucketOptions } from './s3/bucket.ts'

export interface S3StoreOptions extends BucketOptions {
  /** Folder in the bucket; empty for its root. */
  readonly prefix: string
  /** Folder to which versions are brought. */
  readonly cacheFolder: string
}

const UPLOADS_AT_A_TIME = 2
const PUBLICATION = 'publication'

/**
 * Models in a bucket: `<prefix>/<name>/<version>/<sha256>/<file>` and, last of all and only if there is none,
 * `<prefix>/<name>/<version>/manifest.json`, with which the version is there. Files of publishers who try the same version
 * at once do not meet, as each lies under its own checksum.
 */
export function createS3Store ({ prefix, cacheFolder, ...bucketOptions }: S3StoreOptions): ModelStore {
  const bucket = new Bucket(bucketOptions)
  const root = prefix.replace(/^\/+|\/+$/g, '').replace(/.+/, '$&/')
  const modelKey = (name: string) => `${root}${safeName(name)}/`
  const versionKey = (name: string, version: string) => `${modelKey(name)}${safeName(version)}/`
  const fileKey = (folder: string, { path, sha256 }: ManifestFile) => `${folder}${sha256}/${path}`
  const aliasFile = (name: string) => new AliasFile(bucket, modelKey(name))

  async function versions (name: string): Promise<string[]> {
    const folder = modelKey(name)
    const names = [...(await bucket.list(folder)).keys()].map(key => key.slice(folder.length).split('/'))
    return sortVersions(names.flatMap(([version = '', file, ...deeper]) => file === MANIFEST_FILE && deeper.length === 0 && isSafeName(version) ? [version] : []))
  }

  async function resolve (name: string, alias: string): Promise<string> {
    const version = new Map(Object.entries(await aliasFile(name).aliases())).get(alias)
    if (version === undefined) throw new ModelStoreError('ERR_ALIAS_NOT_FOUND', `${name} has no alias ${alias} in bucket ${bucketOptions.bucket}`)
    return version
  }

  async function fetch (name: string, version: string): Promise<StoredModel> {
    const folder = versionKey(name, version)
    const location = `s3://${bucketOptions.bucket}/${folder.slice(0, -1)}`
    const manifest = (await bucket.get(folder + MANIFEST_FILE))?.bytes ?? await explainMissing(name, version, location)
    return await bringToCache(cacheFolder, {
      name,
      version,
      location,
      manifest,
      async download (file, path) {
        if (!await bucket.download(fileKey(folder, file), path, file.size)) throw new ModelStoreError('ERR_MODEL_CORRUPT', `${location}: ${file.path} is missing`)
      }
    })
  }

  async function explainMissing (name: string, version: string, location: string): Promise<never> {
    const files = await bucket.list(versionKey(name, version))
    throw files.size > 0
      ? new ModelStoreError('ERR_MODEL_CORRUPT', `${location}/${MANIFEST_FILE} is missing: the version was damaged, or never published to its end`)
      : new ModelStoreError('ERR_MODEL_NOT_FOUND', `There is no version ${version} of ${name} in bucket ${bucketOptions.bucket}`)
  }

  async function publish (directory: string): Promise<Manifest> {
    const manifest = await verifyDirectory(directory)
    const folder = versionKey(manifest.name, manifest.version)
    const stored = await bucket.list(folder)
    if (stored.has(folder + MANIFEST_FILE)) throw alreadyPublished(manifest)
    await eachLimited(manifest.files, UPLOADS_AT_A_TIME, async file => {
      // What an earlier try has brought is there whole, under its own checksum.
      if (stored.get(fileKey(folder, file)) !== file.size) await bucket.put(fileKey(folder, file), await readFile(join(directory, file.path)), { sha256: file.sha256 })
    })
    const publication = randomUUID()
    const bytes = await readFile(join(directory, MANIFEST_FILE))
    if (await bucket.put(folder + MANIFEST_FILE, bytes, { replaces: null, metadata: { [PUBLICATION]: publication } })) return manifest
    // The client repeats a write whose answer was lost, and finds its own object in the way.
    if ((await bucket.get(folder + MANIFEST_FILE))?.metadata[PUBLICATION] !== publication) throw alreadyPublished(manifest)
    return manifest
  }

  async function setAlias (name: string, alias: string, version: string, move: AliasMove): Promise<Promotion> {
    safeName(alias)
    if (!await bucket.get(versionKey(name, version) + MANIFEST_FILE)) {
      throw new ModelStoreError('ERR_MODEL_NOT_FOUND', `There is no version ${version} of ${name} in bucket ${bucketOptions.bucket}`)
    }
    return await aliasFile(name).move(name, alias, version, move)
  }

  return {
    versions,
    resolve,
    fetch,
    publish,
    aliases: async name => await aliasFile(name).aliases(),
    setAlias,
    promotions: async name => await aliasFile(name).promotions()
  }
}

function alreadyPublished ({ name, version }: Manifest): ModelStoreError {
  return new ModelStoreError('ERR_VERSION_EXISTS', `${name} ${version} is published already`)
}
