import { join } from 'node:path'
import { eachLimited } from '../../each-limited.ts'
import { ModelStoreError } from '../../errors.ts'
import type { Manifest } from '../../manifest.ts'
import type { MlflowClient } from '../../mlflow/client.ts'
import { MlflowError, isUnavailable } from '../../mlflow/errors.ts'
import { experimentId } from '../../mlflow/experiment.ts'
import { MANIFEST_FILE, verifyDirectory } from '../../verify.ts'
import { type LoggedModel, createLoggedModel, discardLoggedModel, findAbandoned, finishLoggedModel } from './logged-model.ts'
import { describeForMlflow } from './mlmodel.ts'
import { MODEL_ID_TAG, createModel, createVersion, deleteVersion, listRegistered } from './registry.ts'
import { versionTags } from './version-tags.ts'

const UPLOADS_AT_A_TIME = 4

/**
 * Uploads a version and registers it. Every file is there, and `MLmodel` came last, before the registry hears of it: what
 * is cut short is seen by nobody, and may be begun again.
 */
export async function publishToMlflow (client: MlflowClient, experimentName: string, directory: string): Promise<Manifest> {
  const manifest = await verifyDirectory(directory)
  await refuseIfRegistered(client, manifest)
  const key = { experiment: await experimentId(client, experimentName), name: manifest.name, version: manifest.version }
  for (const abandoned of await findAbandoned(client, key)) await discardLoggedModel(client, abandoned)
  const model = await createLoggedModel(client, key)
  try {
    await upload(client, model, directory, manifest)
    await finishLoggedModel(client, model)
    await refuseIfRegistered(client, manifest)
    await createModel(client, manifest.name, { description: `${manifest.taxonomy.name} ${manifest.taxonomy.version}: ${manifest.labels.length} labels` })
  } catch (error) {
    await discardLoggedModel(client, model).catch(() => {}) // the next publisher of this version does
    throw error
  }
  await register(client, model, manifest, await versionTags(directory, manifest))
  return manifest
}

async function upload (client: MlflowClient, { id, folder }: LoggedModel, directory: string, manifest: Manifest): Promise<void> {
  const files = [MANIFEST_FILE, ...manifest.files.map(({ path }) => path)]
  await eachLimited(files, UPLOADS_AT_A_TIME, async path => await client.artifacts.upload(folder, path, join(directory, path)))
  const described = (await describeForMlflow(directory, manifest, id)).filter(([name]) => !files.includes(name))
  for (const [name, content] of described) await client.artifacts.write(folder, name, content)

  const stored = new Map((await client.artifacts.list(folder)).map(({ path, size }) => [path, size]))
  const wrong = manifest.files.find(({ path, size }) => stored.get(path) !== size)
  if (wrong) throw new MlflowError('ERR_MLFLOW_ANSWER', `MLflow took ${wrong.size} bytes of ${wrong.path} and has ${stored.get(wrong.path) ?? 'none'}`)
}

/** From here on the version is visible, whole. Of two publishers the one with the lower number has won. */
async function register (client: MlflowClient, model: LoggedModel, manifest: Manifest, tags: Record<string, string>): Promise<void> {
  let number: string | undefined
  let failure: unknown
  try {
    number = await createVersion(client, manifest.name, model.id, tags)
  } catch (error) {
    if (!isUnavailable(error)) {
      await discardLoggedModel(client, model).catch(() => {})
      throw error
    }
    failure = error
  }
  const ofVersion = (await listRegistered(client, manifest.name)).filter(({ version }) => version === manifest.version)
  const own = ofVersion.find(({ tags }) => tags.get(MODEL_ID_TAG) === model.id)
  if (!own && number === undefined) throw failure
  if (own === ofVersion[0]) return
  if (own) await deleteVersion(client, manifest.name, own.number)
  await discardLoggedModel(client, model).catch(() => {})
  throw alreadyPublished(manifest)
}

async function refuseIfRegistered (client: MlflowClient, manifest: Manifest): Promise<void> {
  const registered = await listRegistered(client, manifest.name)
  if (registered.some(({ version }) => version === manifest.version)) throw alreadyPublished(manifest)
}

function alreadyPublished ({ name, version }: Manifest): ModelStoreError {
  return new ModelStoreError('ERR_VERSION_EXISTS', `${name} ${version} is published already`)
}
