import type { Manifest } from '../../model-store/manifest.ts'
import { modelDigest } from '../evaluate/model-digest.ts'
import { PipelineError } from '../step.ts'
import { GATE_FILE, type GateReport } from './gate-report.ts'

/** What the gate judged, by digests: the model, and every file but the report itself. */
export function fingerprint (manifest: Manifest): GateReport['candidate'] {
  return {
    name: manifest.name,
    version: manifest.version,
    digest: modelDigest(manifest),
    files: Object.fromEntries(manifest.files.filter(({ path }) => path !== GATE_FILE).map(({ path, sha256 }) => [path, sha256]))
  }
}

/**
 * Checks that a gate report is of the model that a manifest describes.
 * @throws {PipelineError} ERR_GATE_STALE
 */
export function requireSameModel ({ candidate }: GateReport, manifest: Manifest): void {
  const { name, version, digest } = fingerprint(manifest)
  if (candidate.name === name && candidate.version === version && candidate.digest === digest) return
  throw new PipelineError('ERR_GATE_STALE', `The gate judged ${candidate.name} ${candidate.version} with digest ${candidate.digest}; this is ${name} ${version} with digest ${digest}: run the gate again`)
}

/**
 * Checks that a gate report is of every file that a manifest names, evaluation and documents included.
 * @throws {PipelineError} ERR_GATE_STALE names the files that changed
 */
export function requireSameFiles ({ candidate }: GateReport, manifest: Manifest): void {
  const { name, version, files } = fingerprint(manifest)
  const paths = [...new Set([...Object.keys(candidate.files), ...Object.keys(files)])]
  const changed = paths.filter(path => candidate.files[path] !== files[path])
  if (changed.length) throw new PipelineError('ERR_GATE_STALE', `${changed.join(', ')} of ${name} ${version} changed since the gate: run the gate again`)
}
