import { join } from 'node:path'
import type { Manifest } from '../../model-store/manifest.ts'
import { requireSameFiles, requireSameModel } from '../gate/fingerprint.ts'
import { GATE_FILE, type StoredGateReport, readGateReport } from '../gate/gate-report.ts'
import { EXIT, PipelineError } from '../step.ts'

/**
 * Reads the gate report of a verified folder and checks that it is of what lies there.
 * @param newer file of a report to take instead of the folder's own; of the same model, on whatever evaluation
 * @throws {PipelineError} ERR_GATE_MISSING, ERR_GATE_INVALID, ERR_GATE_STALE
 */
export async function requireGateReport (directory: string, manifest: Manifest, newer?: string): Promise<StoredGateReport> {
  const own = manifest.files.some(({ path }) => path === GATE_FILE) ? join(directory, GATE_FILE) : undefined
  const path = newer ?? own
  const stored = path === undefined ? undefined : await readGateReport(path)
  if (!stored) throw new PipelineError('ERR_GATE_MISSING', `${manifest.name} ${manifest.version} has no gate report (${path ?? GATE_FILE}): run the gate first`, { exitCode: EXIT.gate })
  requireSameModel(stored.report, manifest)
  if (newer === undefined) requireSameFiles(stored.report, manifest)
  return stored
}
