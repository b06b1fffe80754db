import Type, { type Static } from 'typebox'
import type { MlflowClient } from '../../mlflow/client.ts'
import { isRefusal } from '../../mlflow/errors.ts'

/** Tag of a registered version with the version's own name; MLflow's are numbers. */
export const VERSION_TAG = 'version'
/** Tag with the SHA-256 of `manifest.json`, which has those of all other files. */
export const DIGEST_TAG = 'manifest_sha256'
/** Tag with the id of the logged model whose files these are. */
export const MODEL_ID_TAG = 'model_id'

/** MLflow writes numbers as strings in most answers and as numbers in some. */
const NumberSchema = Type.Union([Type.String(), Type.Integer()])
const TagsSchema = Type.Array(Type.Object({ key: Type.String(), value: Type.Optional(Type.String()) }))
const VersionSchema = Type.Object({ name: Type.String(), version: NumberSchema, tags: Type.Optional(TagsSchema) })
const VersionsSchema = Type.Object({ model_versions: Type.Optional(Type.Array(VersionSchema)), next_page_token: Type.Optional(Type.String()) })
const OneVersionSchema = Type.Object({ model_version: VersionSchema })
const ModelSchema = Type.Object({
  registered_model: Type.Object({
    name: Type.String(), tags: Type.Optional(TagsSchema), aliases: Type.Optional(Type.Array(Type.Object({ alias: Type.String(), version: NumberSchema })))
  })
})
const LocationSchema = Type.Object({ artifact_uri: Type.String() })
export const AnythingSchema = Type.Object({})

/** A version in MLflow's registry that this store has published. */
export interface RegisteredVersion {
  /** MLflow's own number, as it writes it. */
  readonly number: string
  readonly version: string
  readonly tags: ReadonlyMap<string, string>
}

/** A registered model beside its versions. */
export interface RegisteredModel {
  /** Alias → MLflow's number. */
  readonly aliases: ReadonlyMap<string, string>
  readonly tags: ReadonlyMap<string, string>
}

const PAGE = 200

/**
 * The versions of a model, in the order in which they were registered. Of several with the same name the first counts, so
 * that of two publishers one wins: MLflow gives its numbers out one after another.
 */
export async function listRegistered (client: MlflowClient, name: string): Promise<RegisteredVersion[]> {
  const found: RegisteredVersion[] = []
  for (let token = ''; ;) {
    const { model_versions: page = [], next_page_token: next = '' } = await client.get('model-versions/search', {
      parameters: { filter: `name='${name}'`, max_results: PAGE, ...(token && { page_token: token }) }, answer: VersionsSchema
    })
    found.push(...page.flatMap(registered))
    if (!next) break
    token = next
  }
  return found.sort((one, other) => Number(one.number) - Number(other.number))
}

function registered ({ version: number, tags }: Static<typeof VersionSchema>): RegisteredVersion[] {
  const all = tagMap(tags)
  const version = all.get(VERSION_TAG)
  return version === undefined ? [] : [{ number: String(number), version, tags: all }]
}

/** Undefined when there is no such model. */
export async function readModel (client: MlflowClient, name: string): Promise<RegisteredModel | undefined> {
  try {
    const { registered_model: { aliases = [], tags } } = await client.get('registered-models/get', { parameters: { name }, answer: ModelSchema })
    return { aliases: new Map(aliases.map(({ alias, version }) => [alias, String(version)])), tags: tagMap(tags) }
  } catch (error) {
    if (isRefusal(error, 'RESOURCE_DOES_NOT_EXIST')) return undefined
    throw error
  }
}

/** @returns false when a model of this name is there already */
export async function createModel (client: MlflowClient, name: string, about: { description: string, tags?: Record<string, string> }): Promise<boolean> {
  try {
    await client.post('registered-models/create', { parameters: { name, description: about.description, tags: tagList(about.tags ?? {}) }, answer: ModelSchema })
    return true
  } catch (error) {
    // The second: it was there, and deleted while the server looked who it is.
    if (isRefusal(error, 'RESOURCE_ALREADY_EXISTS') || isRefusal(error, 'RESOURCE_DOES_NOT_EXIST')) return false
    throw error
  }
}

/** @returns false when it was gone already */
export async function deleteModel (client: MlflowClient, name: string): Promise<boolean> {
  try {
    await client.delete('registered-models/delete', { parameters: { name }, answer: AnythingSchema })
    return true
  } catch (error) {
    if (isRefusal(error, 'RESOURCE_DOES_NOT_EXIST')) return false
    throw error
  }
}

/** @returns false when there is none of the old name any more, or one of the new name already */
export async function renameModel (client: MlflowClient, name: string, newName: string): Promise<boolean> {
  try {
    await client.post('registered-models/rename', { parameters: { name, new_name: newName }, answer: AnythingSchema })
    return true
  } catch (error) {
    if (isRefusal(error, 'RESOURCE_DOES_NOT_EXIST') || isRefusal(error, 'RESOURCE_ALREADY_EXISTS')) return false
    throw error
  }
}

export async function setModelTag (client: MlflowClient, name: string, key: string, value: string): Promise<void> {
  await client.post('registered-models/set-tag', { parameters: { name, key, value }, answer: AnythingSchema, repeatable: true })
}

/** @returns MLflow's number of the new version */
export async function createVersion (client: MlflowClient, name: string, modelId: string, tags: Record<string, string>): Promise<string> {
  const { model_version: { version } } = await client.post('model-versions/create', {
    parameters: { name, source: `models:/${modelId}`, model_id: modelId, tags: tagList({ ...tags, [MODEL_ID_TAG]: modelId }) }, answer: OneVersionSchema
  })
  return String(version)
}

export async function deleteVersion (client: MlflowClient, name: string, number: string): Promise<void> {
  await client.delete('model-versions/delete', { parameters: { name, version: number }, answer: AnythingSchema })
}

/** URI of the folder with a version's files. */
export async function locate (client: MlflowClient, name: string, number: string): Promise<string> {
  const { artifact_uri: uri } = await client.get('model-versions/get-download-uri', { parameters: { name, version: number }, answer: LocationSchema })
  return uri
}

function tagMap (tags: Static<typeof TagsSchema> = []): Map<string, string> {
  return new Map(tags.map(({ key, value = '' }) => [key, value]))
}

function tagList (tags: Record<string, string>): Array<{ key: string, value: string }> {
  return Object.entries(tags).map(([key, value]) => ({ key, value }))
}
