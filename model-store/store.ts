import type { Manifest } from './manifest.ts'
import type { Promotion } from './promotion.ts'

export type { Promotion }

/** A version on this machine's disk, complete and verified. */
export interface StoredModel {
  readonly manifest: Manifest
  /** Folder with the manifest and every file that it names. */
  readonly directory: string
}

export interface AliasMove {
  /** The version on which the alias must still point; null when it must not exist. Left out: any. */
  readonly expected?: string | null
  /** @default null */
  readonly gateReport?: string | null
  readonly by: string
  /** Why, in the words of whoever moves it. */
  readonly reason?: string
}

/**
 * Versioned models behind one small interface; every backend passes the same conformance suite
 * (`test/model-store/conformance.ts`). Methods throw `ModelStoreError`.
 */
export interface ModelStore {
  /** Versions of a model, oldest first; none when the model is unknown. */
  versions(name: string): Promise<string[]>
  /** The version an alias points at. Throws ERR_ALIAS_NOT_FOUND. */
  resolve(name: string, alias: string): Promise<string>
  /**
   * Brings a version to disk and checks every file against its manifest.
   * Throws ERR_MODEL_NOT_FOUND, ERR_MANIFEST_INVALID, or ERR_MODEL_CORRUPT naming the file.
   */
  fetch(name: string, version: string): Promise<StoredModel>
  /**
   * Publishes a folder that holds `manifest.json` and its files. All or nothing, and for good: a published version
   * never changes. Throws ERR_VERSION_EXISTS, or what `fetch` throws when the folder is incomplete.
   */
  publish(directory: string): Promise<Manifest>
  /** Every alias of a model and its version. */
  aliases(name: string): Promise<Record<string, string>>
  /**
   * Points an alias at a version and appends the move to the promotion log.
   * Throws ERR_MODEL_NOT_FOUND, or ERR_ALIAS_CONFLICT when another move came first.
   */
  setAlias(name: string, alias: string, version: string, move: AliasMove): Promise<Promotion>
  /** The promotion log, oldest first. */
  promotions(name: string): Promise<Promotion[]>
}
