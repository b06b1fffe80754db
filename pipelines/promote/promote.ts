import { ModelStoreError } from '../../model-store/errors.ts'
import type { ModelStore, Promotion } from '../../model-store/store.ts'
import { PRODUCTION } from '../gate/gate.ts'
import type { StoredGateReport } from '../gate/gate-report.ts'
import { EXIT, PipelineError } from '../step.ts'
import { requireGateReport } from './evidence.ts'

export const PREVIOUS = 'previous'

export interface PromoteOptions {
  readonly store: ModelStore
  readonly name: string
  /** Who promotes, for the log. */
  readonly by: string
  /** A newer gate report of the same files. @default the one that was published with the version */
  readonly gateFile?: string | undefined
  /** Promotes a version that was rolled back before. @default false */
  readonly again?: boolean
}

export interface PromotionOutcome {
  readonly name: string
  readonly version: string
  /** What was in production before; null where nothing was. */
  readonly from: string | null
  /** False where the version is in production already. */
  readonly moved: boolean
}

/**
 * Puts a version into production that passed the gate against what is there now; that becomes `previous`.
 *
 * `previous` moves first. When the process dies between the two moves, both aliases point at what still is in production,
 * and the same command goes on from there; the other way round a rollback would go one version too far.
 * @throws {PipelineError} ERR_GATE_MISSING, ERR_GATE_STALE, ERR_GATE_FAILED, ERR_PRODUCTION_MOVED, ERR_ROLLED_BACK, or
 * ERR_ALIAS_CONFLICT when another move came first
 * @throws {ModelStoreError} ERR_MODEL_NOT_FOUND, ERR_MODEL_CORRUPT
 */
export async function promote (version: string, { store, name, by, gateFile, again = false }: PromoteOptions): Promise<PromotionOutcome> {
  const { manifest, directory } = await store.fetch(name, version)
  const { [PRODUCTION]: current = null, [PREVIOUS]: previous = null } = await store.aliases(name)
  if (current === version) return { name, version, from: current, moved: false }
  const gate = await requireGateReport(directory, manifest, gateFile)
  requirePassed(gate, name, version, current)
  if (!again) requireNotRolledBack(await store.promotions(name), version)

  const move = { gateReport: gate.digest, by }
  try {
    if (current !== null && previous !== current) await store.setAlias(name, PREVIOUS, current, { ...move, expected: previous })
    await store.setAlias(name, PRODUCTION, version, { ...move, expected: current })
  } catch (error) {
    throw error instanceof ModelStoreError && error.code === 'ERR_ALIAS_CONFLICT' ? await explainConflict(error, version, store, name) : error
  }
  return { name, version, from: current, moved: true }
}

function requirePassed ({ report: { verdict, reasons, against } }: StoredGateReport, name: string, version: string, current: string | null): void {
  if (verdict === 'failed') throw refusal('ERR_GATE_FAILED', `The gate said no to ${name} ${version}: ${reasons.join('; ')}`)
  if (against.version !== current) {
    throw refusal('ERR_PRODUCTION_MOVED', `Production has moved since the gate: ${name} ${version} was compared with ${against.version ?? 'nothing'}, in production is ${current ?? 'nothing'}. Run the gate on the candidate again and promote with --gate and the new gate.json`)
  }
}

/** A schedule that repeats its pipeline must not undo what somebody took back: only a rollback moves production without a report. */
function requireNotRolledBack (promotions: readonly Promotion[], version: string): void {
  const left = promotions.findLast(({ alias, from }) => alias === PRODUCTION && from === version)
  if (left?.gateReport === null) {
    throw refusal('ERR_ROLLED_BACK', `${version} was rolled back to ${left.to} by ${left.by} at ${left.at}${left.reason ? ` (${left.reason})` : ''}: promote it with --again if that is over`)
  }
}

async function explainConflict (cause: ModelStoreError, version: string, store: ModelStore, name: string): Promise<PipelineError> {
  const last = (await store.promotions(name)).at(-1)
  const meanwhile = last ? `${last.alias} went from ${last.from ?? 'nothing'} to ${last.to} by ${last.by} at ${last.at}` : cause.message
  return new PipelineError('ERR_ALIAS_CONFLICT', `${name} ${version} is not in production, another move came first: ${meanwhile}. See history, then run the gate again`, { exitCode: EXIT.gate, cause })
}

function refusal (code: string, message: string): PipelineError {
  return new PipelineError(code, message, { exitCode: EXIT.gate })
}
