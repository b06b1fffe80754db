import { join } from 'node:path'
import { openModelStore } from '../../model-store/open.ts'
import type { StoredModel } from '../../model-store/store.ts'
import { describeFile } from '../../model-store/verify.ts'
import { readCandidate } from '../candidate.ts'
import { PipelineError, usageError } from '../step.ts'
import { answeringFiles } from './model-digest.ts'

export interface ModelChoice {
  /** Folder of a candidate. */
  readonly candidate?: string | undefined
  /** Version in the store. */
  readonly version?: string | undefined
  /** Alias in the store. */
  readonly alias?: string | undefined
  /** Name in the store. */
  readonly name: string
  /** URL of the store. */
  readonly store: string
}

/**
 * The candidate, or the version of the store, that a command line names.
 * @throws {PipelineError} ERR_USAGE unless exactly one is named; ERR_CANDIDATE_INVALID
 * @throws {ModelStoreError}
 */
export async function findModel ({ candidate, version, alias, name, store }: ModelChoice): Promise<StoredModel> {
  if ([candidate, version, alias].filter(choice => choice !== undefined).length !== 1) throw usageError('One of --candidate, --version and --alias is needed')
  if (candidate !== undefined) return await openCandidate(candidate)
  const opened = openModelStore(store)
  return await opened.fetch(name, version ?? await opened.resolve(name, alias!))
}

/** Checks the files that answer alone: a report may be half written by a run that was broken off, and is made anew. */
async function openCandidate (directory: string): Promise<StoredModel> {
  const invalid = (reason: string, cause?: unknown) => new PipelineError('ERR_CANDIDATE_INVALID', `${directory} holds no candidate: ${reason}`, { cause })
  const manifest = await readCandidate(directory).catch((cause: unknown) => { throw invalid(cause instanceof Error ? cause.message : String(cause), cause) })
  for (const file of answeringFiles(manifest)) {
    const { sha256 } = await describeFile(directory, file.path).catch((cause: unknown) => { throw invalid(`${file.path} is missing or unreadable`, cause) })
    if (sha256 !== file.sha256) throw invalid(`${join(directory, file.path)} has SHA-256 ${sha256}, its manifest says ${file.sha256}`)
  }
  return { manifest, directory }
}
