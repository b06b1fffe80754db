import { randomUUID } from 'node:crypto'
import { appendFile, copyFile, mkdir, open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelStoreError } from '../errors.ts'
import type { Manifest } from '../manifest.ts'
import { isSafeName, safeName, sortVersions } from '../names.ts'
import { promotionOf } from '../promotion.ts'
import type { AliasMove, ModelStore, Promotion, StoredModel } from '../store.ts'
import { MANIFEST_FILE, verifyDirectory } from '../verify.ts'
import { withLock } from './file-lock.ts'

const ALIASES_FILE = 'aliases.json'
const PROMOTIONS_FILE = 'promotions.jsonl'

/**
 * Models in a folder: `<root>/<name>/<version>/`, with `aliases.json` and `promotions.jsonl` beside the versions.
 * A version appears by one rename and an alias moves by one rename, so readers see the old state or the new one.
 */
export function createFileStore (root: string): ModelStore {
  const modelFolder = (name: string) => join(root, safeName(name))
  const versionFolder = (name: string, version: string) => join(modelFolder(name), safeName(version))

  async function versions (name: string): Promise<string[]> {
    const entries = await readdir(modelFolder(name), { withFileTypes: true }).catch(ifMissing([]))
    return sortVersions(entries.filter(entry => entry.isDirectory() && isSafeName(entry.name)).map(entry => entry.name))
  }

  async function requireVersion (name: string, version: string): Promise<void> {
    if (!(await versions(name)).includes(version)) {
      throw new ModelStoreError('ERR_MODEL_NOT_FOUND', `There is no version ${version} of ${name} in ${root}`)
    }
  }

  async function aliases (name: string): Promise<Record<string, string>> {
    const path = join(modelFolder(name), ALIASES_FILE)
    return parseJson(await readFile(path, 'utf8').catch(ifMissing('{}')), path)
  }

  async function resolve (name: string, alias: string): Promise<string> {
    const known = new Map(Object.entries(await aliases(name)))
    const version = known.get(alias)
    if (version === undefined) throw new ModelStoreError('ERR_ALIAS_NOT_FOUND', `${name} has no alias ${alias} in ${root}`)
    return version
  }

  async function fetch (name: string, version: string): Promise<StoredModel> {
    await requireVersion(name, version)
    const directory = versionFolder(name, version)
    const manifest = await verifyDirectory(directory)
    if (manifest.name !== name || manifest.version !== version) {
      throw new ModelStoreError('ERR_MODEL_CORRUPT', `${join(directory, MANIFEST_FILE)} is of ${manifest.name} ${manifest.version}`)
    }
    return { manifest, directory }
  }

  async function publish (directory: string): Promise<Manifest> {
    const manifest = await verifyDirectory(directory)
    const folder = modelFolder(manifest.name)
    const staging = join(folder, `.${manifest.version}.${randomUUID()}`)
    await mkdir(staging, { recursive: true })
    try {
      for (const path of [MANIFEST_FILE, ...manifest.files.map(file => file.path)]) {
        await copyFile(join(directory, path), join(staging, path)) // of a link: what it points at
      }
      await verifyDirectory(staging)
      // A rename onto a folder that has files fails, which makes the version immutable even between processes.
      await rename(staging, versionFolder(manifest.name, manifest.version))
    } catch (error) {
      if (hasCode(error, 'ENOTEMPTY') || hasCode(error, 'EEXIST')) {
        throw new ModelStoreError('ERR_VERSION_EXISTS', `${manifest.name} ${manifest.version} is published already`, { cause: error })
      }
      throw error
    } finally {
      await rm(staging, { recursive: true, force: true })
    }
    return manifest
  }

  async function setAlias (name: string, alias: string, version: string, move: AliasMove): Promise<Promotion> {
    safeName(alias)
    await requireVersion(name, version)
    return await withLock(join(modelFolder(name), '.lock'), async () => {
      const current = await aliases(name)
      const from = Object.hasOwn(current, alias) ? current[alias]! : null
      const promotion = promotionOf({ name, alias, from, to: version, move })
      await replaceFile(join(modelFolder(name), ALIASES_FILE), JSON.stringify({ ...current, [alias]: version }, null, 2) + '\n')
      await appendFile(join(modelFolder(name), PROMOTIONS_FILE), JSON.stringify(promotion) + '\n')
      return promotion
    })
  }

  async function promotions (name: string): Promise<Promotion[]> {
    const path = join(modelFolder(name), PROMOTIONS_FILE)
    const lines = await readFile(path, 'utf8').catch(ifMissing(''))
    return lines.split('\n').filter(Boolean).map(line => parseJson(line, path))
  }

  return { versions, resolve, fetch, publish, aliases, setAlias, promotions }
}

function parseJson<Content> (json: string, path: string): Content {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new ModelStoreError('ERR_MODEL_CORRUPT', `${path} is not valid JSON`, { cause })
  }
}

async function replaceFile (path: string, content: string): Promise<void> {
  const staging = `${path}.${randomUUID()}`
  await writeFile(staging, content)
  const handle = await open(staging, 'r')
  await handle.sync().finally(() => handle.close())
  await rename(staging, path)
}

function ifMissing<Value> (fallback: Value) {
  return (error: unknown): Value => {
    if (hasCode(error, 'ENOENT')) return fallback
    throw error
  }
}

function hasCode (error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
