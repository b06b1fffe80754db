import { ModelStoreError } from './errors.ts'
import { createFileStore } from './backends/file.ts'
import type { ModelStore, StoredModel } from './store.ts'

/**
 * Opens the store that a URL names: `file:` and a folder, relative to the working directory or absolute.
 * @throws {ModelStoreError} ERR_STORE_URL
 */
export function openModelStore (url: string): ModelStore {
  const folder = url.startsWith('file:') && url.replace(/^file:(\/\/)?/, '')
  if (folder) return createFileStore(folder)
  throw new ModelStoreError('ERR_STORE_URL', `MODEL_STORE_URL must be file: and a folder (got ${url.split(':')[0]}:)`)
}

/** Brings the version that an alias points at to disk, verified. */
export async function fetchByAlias (store: ModelStore, name: string, alias: string): Promise<StoredModel> {
  return await store.fetch(name, await store.resolve(name, alias))
}
