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

export class ModelStoreError extends Error {
  readonly code: ModelStoreErrorCode

  constructor (code: ModelStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ModelStoreError'
    this.code = code
  }
}
