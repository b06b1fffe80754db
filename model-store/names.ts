import { ModelStoreError } from './errors.ts'

/** Names of models, versions, aliases and files become parts of paths: no separators, no leading dot. */
export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'
const NAME = new RegExp(NAME_PATTERN)

export function isSafeName (name: string): boolean {
  return NAME.test(name)
}

/**
 * Gives the name back.
 * @throws {ModelStoreError} ERR_MODEL_NOT_FOUND: nothing can have such a name
 */
export function safeName (name: string): string {
  if (!isSafeName(name)) throw new ModelStoreError('ERR_MODEL_NOT_FOUND', `${JSON.stringify(name)} is no name of a model, version or alias`)
  return name
}

/** Oldest first: by the numbers in the names, so that 1.9.0 comes before 1.10.0. */
export function sortVersions (versions: Iterable<string>): string[] {
  return [...versions].sort(new Intl.Collator('en', { numeric: true }).compare)
}
