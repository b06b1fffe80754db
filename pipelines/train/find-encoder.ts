import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelStoreError } from '../../model-store/errors.ts'
import type { ModelStore } from '../../model-store/store.ts'
import { PRODUCTION } from '../gate/gate.ts'
import { usageError } from '../step.ts'
import { ENCODER_FILES } from './train-candidate.ts'

const EXAMPLE = '--encoder model-store/models/inquiry-classifier/VERSION'

/**
 * The folder with the encoder: the given one, else that of the version in production.
 * @throws {PipelineError} ERR_USAGE when it lacks a file, or none is given and nothing is in production, or what was imported
 */
export async function findEncoder (given: string | undefined, store: ModelStore, name: string): Promise<string> {
  if (given === undefined) return await encoderInProduction(store, name)
  for (const file of ENCODER_FILES) {
    await access(join(given, file)).catch(cause => { throw usageError(`--encoder: ${given} has no ${file}; the default model's encoder is given by ${EXAMPLE}`, cause) })
  }
  return given
}

async function encoderInProduction (store: ModelStore, name: string): Promise<string> {
  const version = await productionOf(store, name)
  const { directory, manifest } = await store.fetch(name, version)
  if (manifest.output.kind !== 'embedding') throw usageError(`${name} ${version}, in production, was imported with its own head and is no encoder: name one, for example ${EXAMPLE}`)
  return directory
}

async function productionOf (store: ModelStore, name: string): Promise<string> {
  try {
    return await store.resolve(name, PRODUCTION)
  } catch (error) {
    if (!(error instanceof ModelStoreError && error.code === 'ERR_ALIAS_NOT_FOUND')) throw error
    throw usageError(`No version of ${name} is in production, whose encoder could be taken: name one, for example the default model's by ${EXAMPLE}`, error)
  }
}
