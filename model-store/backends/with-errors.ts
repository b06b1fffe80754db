import type { ModelStore } from '../store.ts'

/** The same store, with each error told in the store's own codes. */
export function withErrors (store: ModelStore, translate: (error: unknown) => unknown): ModelStore {
  const translated = <Arguments extends unknown[], Result> (method: (...args: Arguments) => Promise<Result>) => async (...args: Arguments): Promise<Result> => {
    try {
      return await method(...args)
    } catch (error) {
      throw translate(error)
    }
  }
  return {
    versions: translated(store.versions),
    resolve: translated(store.resolve),
    fetch: translated(store.fetch),
    publish: translated(store.publish),
    aliases: translated(store.aliases),
    setAlias: translated(store.setAlias),
    promotions: translated(store.promotions)
  }
}
