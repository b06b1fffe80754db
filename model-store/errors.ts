/** What can go wrong with a stored model; callers switch on `code`. */
export type ModelStoreErrorCode =
  | 'ERR_MODEL_NOT_FOUND'
  | 'ERR_ALIAS_NOT_FOUND'
  | 'ERR_MODEL_CORRUPT'
  | 'ERR_MANIFEST_INVALID'
  | 'ERR_VERSION_EXISTS'
  | 'ERR_ALIAS_CONFLICT'
  | 'ERR_STORE_LOCKED'
  | 'ERR_STORE_URL'
  /** The store's server did not answer, or could not; the same call may go through later. */
  | 'ERR_STORE_UNAVAILABLE'
  /** The store's server answered and said no: credentials, rights, settings. */
  | 'ERR_STORE_REFUSED'
  | 'ERR_CACHE_UNWRITABLE'

export class ModelStoreError extends Error {
  readonly code: ModelStoreErrorCode

  constructor (code: ModelStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ModelStoreError'
    this.code = code
  }
}
