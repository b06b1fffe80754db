import { ModelStoreError } from '../../model-store/errors.ts'
import type { Manifest } from '../../model-store/manifest.ts'
import type { ModelStore } from '../../model-store/store.ts'
import { verifyDirectory } from '../../model-store/verify.ts'
import { modelDigest } from '../evaluate/model-digest.ts'
import { EXIT, PipelineError } from '../step.ts'
import { requireGateReport } from './evidence.ts'

export interface RegisterOptions {
  readonly store: ModelStore
  /** Publishes a version that did not pass, without any alias, so that it can be looked at. @default false */
  readonly evenIfFailed?: boolean
}

export interface Registration {
  readonly name: string
  readonly version: string
  readonly gate: 'passed' | 'failed'
  /** False where the same model was there already. */
  readonly published: boolean
}

/**
 * Publishes a candidate with its reports.
 * A version that is there already with the same model stays as it is, reports included: their times and latencies differ
 * from run to run, the files that answer do not.
 * @throws {PipelineError} ERR_GATE_MISSING, ERR_GATE_STALE, ERR_GATE_FAILED
 * @throws {ModelStoreError} ERR_MODEL_CORRUPT, ERR_VERSION_EXISTS when another model has this version
 */
export async function register (directory: string, { store, evenIfFailed = false }: RegisterOptions): Promise<Registration> {
  const manifest = await verifyDirectory(directory)
  const { name, version } = manifest
  const { report } = await requireGateReport(directory, manifest)
  if (report.verdict === 'failed' && !evenIfFailed) {
    throw new PipelineError('ERR_GATE_FAILED', `The gate said no to ${name} ${version}: ${report.reasons.join('; ')}`, { exitCode: EXIT.gate })
  }
  return { name, version, gate: report.verdict, published: await publish(directory, manifest, store) }
}

async function publish (directory: string, manifest: Manifest, store: ModelStore): Promise<boolean> {
  try {
    await store.publish(directory)
    return true
  } catch (error) {
    if (!(error instanceof ModelStoreError && error.code === 'ERR_VERSION_EXISTS')) throw error
    const { manifest: stored } = await store.fetch(manifest.name, manifest.version)
    if (modelDigest(stored) === modelDigest(manifest)) return false
    throw new ModelStoreError('ERR_VERSION_EXISTS', `${manifest.name} ${manifest.version} is published already with another model: give the candidate another version`, { cause: error })
  }
}
