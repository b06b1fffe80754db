import { bringToCache } from '../cache.ts'
import { ModelStoreError } from '../errors.ts'
import { MlflowClient } from '../mlflow/client.ts'
import type { MlflowServer } from '../mlflow/connection.ts'
import { MlflowError, isRefusal } from '../mlflow/errors.ts'
import { safeName, sortVersions } from '../names.ts'
import type { ModelStore, StoredModel } from '../store.ts'
import { MANIFEST_FILE } from '../verify.ts'
import { moveAlias, readAliases } from './mlflow/aliases.ts'
import { readPromotions } from './mlflow/promotion-log.ts'
import { publishToMlflow } from './mlflow/publish.ts'
import { DIGEST_TAG, type RegisteredVersion, listRegistered, locate, readModel } from './mlflow/registry.ts'
import { withErrors } from './with-errors.ts'

export interface MlflowStoreOptions {
  readonly server: MlflowServer
  /** Experiment under which models are uploaded. */
  readonly experiment: string
  /** Folder to which versions are brought. */
  readonly cacheFolder: string
}

/**
 * Models in MLflow's registry: a version is a version of the registered model with the tag `version`, its files are those
 * of a logged model, aliases are the registry's own, the promotion log is tags of the registered model.
 */
export function createMlflowStore ({ server, experiment, cacheFolder }: MlflowStoreOptions): ModelStore {
  const client = new MlflowClient(server)

  async function find (name: string, version: string): Promise<RegisteredVersion> {
    const registered = (await listRegistered(client, safeName(name))).find(candidate => candidate.version === safeName(version))
    if (!registered) throw new ModelStoreError('ERR_MODEL_NOT_FOUND', `There is no version ${version} of ${name} in MLflow at ${server.url}`)
    return registered
  }

  async function fetch (name: string, version: string): Promise<StoredModel> {
    const { number, tags } = await find(name, version)
    const folder = await locate(client, name, number)
    const location = `${server.url} ${folder}`
    const manifest = await client.artifacts.read(folder, MANIFEST_FILE).catch(ifMissing(`${location}/${MANIFEST_FILE}`))
    return await bringToCache(cacheFolder, {
      name,
      version,
      location,
      manifest,
      digest: tags.get(DIGEST_TAG),
      download: async ({ path, size }, to) => await client.artifacts.download(folder, path, to, size).catch(ifMissing(`${location}/${path}`))
    })
  }

  async function resolve (name: string, alias: string): Promise<string> {
    const version = new Map(Object.entries(await readAliases(client, safeName(name)))).get(alias)
    if (version === undefined) throw new ModelStoreError('ERR_ALIAS_NOT_FOUND', `${name} has no alias ${alias} in MLflow at ${server.url}`)
    return version
  }

  return withErrors({
    versions: async name => sortVersions(new Set((await listRegistered(client, safeName(name))).map(({ version }) => version))),
    resolve,
    fetch,
    publish: async directory => await publishToMlflow(client, experiment, directory),
    aliases: async name => await readAliases(client, safeName(name)),
    setAlias: async (name, alias, version, move) => await moveAlias(client, safeName(name), alias, version, move),
    promotions: async name => readPromotions(name, await readModel(client, safeName(name)))
  }, toStoreError)
}

function ifMissing (what: string) {
  return (error: unknown): never => {
    if (isRefusal(error, 'RESOURCE_DOES_NOT_EXIST')) throw new ModelStoreError('ERR_MODEL_CORRUPT', `${what} is missing`, { cause: error })
    throw error
  }
}

function toStoreError (error: unknown): unknown {
  if (!(error instanceof MlflowError)) return error
  return new ModelStoreError(error.code === 'ERR_MLFLOW_UNAVAILABLE' ? 'ERR_STORE_UNAVAILABLE' : 'ERR_STORE_REFUSED', error.message, { cause: error })
}
