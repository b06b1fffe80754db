import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Manifest } from '../../model-store/manifest.ts'
import type { ModelStore, StoredModel } from '../../model-store/store.ts'
import { verifyDirectory } from '../../model-store/verify.ts'
import { addToCandidate, writeCandidate } from '../candidate.ts'
import type { DataSet, Split } from '../data/data-set.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import { PipelineError } from '../step.ts'
import { isOnItems, readEvaluation, requireItems } from './evidence.ts'
import { fingerprint } from './fingerprint.ts'
import type { ChosenLimits } from './floors.ts'
import { GATE_FILE, type GateReport, readGateReport } from './gate-report.ts'
import { type Rival, judge } from './judge.ts'

export const PRODUCTION = 'production'

export interface GateOptions {
  /** Folder of the candidate, with its evaluation. */
  readonly directory: string
  readonly dataSet: DataSet
  readonly split: Split
  readonly store: ModelStore
  /** What the candidate is compared with. @default 'production' */
  readonly against?: string
  readonly limits: ChosenLimits
  /** Evaluates a stored model on `split` of `dataSet`. */
  readonly evaluateStored: (model: StoredModel) => Promise<Evaluation>
  /** Git commit of the gate. */
  readonly codeVersion: string
}

/**
 * Judges a candidate and adds the report to it. A report that is there already and rests on the same files, items, limits
 * and rival stays as it is.
 * @throws {PipelineError} ERR_EVALUATION_… when the candidate's evaluation is missing, or of other files or items
 * @throws {ModelStoreError} ERR_MODEL_CORRUPT when a file is not the one in the manifest, ERR_ALIAS_NOT_FOUND
 */
export async function gate (options: GateOptions): Promise<GateReport> {
  const { directory, dataSet: { description }, split, store, against = PRODUCTION, limits: { limits, overrideReason } } = options
  const manifest = await verifyDirectory(directory)
  const evaluation = await readEvaluation(directory, manifest)
  requireItems(evaluation, options.dataSet, split)

  const version = (await store.aliases(manifest.name))[against] ?? null
  if (version === null && against !== PRODUCTION) await store.resolve(manifest.name, against) // throws ERR_ALIAS_NOT_FOUND
  const basis = {
    candidate: fingerprint(manifest),
    dataset: { name: description.name, version: description.version, digest: description.digest, split },
    against: { alias: against, version },
    limits,
    overrideReason
  }
  const earlier = await readGateReport(join(directory, GATE_FILE))
  if (earlier && isListed(manifest) && restsOn(earlier.report, basis)) return earlier.report

  const rival = version === null ? null : await evaluateRival(options, manifest.name, against, version)
  const report: GateReport = {
    schemaVersion: 1,
    ...judge(evaluation, rival, options.limits),
    createdAt: new Date().toISOString(),
    codeVersion: options.codeVersion,
    ...basis
  }
  await addReport(directory, manifest, report)
  return report
}

type Basis = Pick<GateReport, 'candidate' | 'dataset' | 'against' | 'limits' | 'overrideReason'>

function isListed (manifest: Manifest): boolean {
  return manifest.files.some(({ path }) => path === GATE_FILE)
}

/** Once the candidate itself is in production, the report on which it got there still stands. */
function restsOn (report: GateReport, basis: Basis): boolean {
  const { candidate, dataset, against, limits, overrideReason } = report
  const sameRival = isDeepStrictEqual(against, basis.against) || basis.against.version === candidate.version
  return sameRival && isDeepStrictEqual({ candidate, dataset, limits, overrideReason }, {
    candidate: basis.candidate, dataset: basis.dataset, limits: basis.limits, overrideReason: basis.overrideReason
  })
}

/** What is known of the rival on these items: its own evaluation where that is on them, else a new one. */
async function evaluateRival ({ store, dataSet, split, evaluateStored }: GateOptions, name: string, alias: string, version: string): Promise<Rival> {
  const model = await store.fetch(name, version)
  const own = await readEvaluation(model.directory, model.manifest).catch(error => {
    if (error instanceof PipelineError) return undefined // it has none that can be used
    throw error
  })
  return { alias, version, evaluation: own && isOnItems(own, dataSet, split) ? own : await evaluateStored(model) }
}

/**
 * Between the two writes of the manifest the report belongs to nothing: an interruption leaves a candidate without
 * report, never one whose checksum is wrong.
 */
async function addReport (directory: string, manifest: Manifest, report: GateReport): Promise<void> {
  if (isListed(manifest)) await writeCandidate(directory, manifest, Object.keys(report.candidate.files))
  await writeFile(join(directory, GATE_FILE), JSON.stringify(report, null, 2) + '\n')
  await addToCandidate(directory, [GATE_FILE], metricsOf(report))
}

/** The figures of a report, as the manifest and the tracker keep them. */
export function metricsOf ({ verdict, floors, comparison }: GateReport): Record<string, number> {
  const values = floors.flatMap(({ name, value }) => value === null ? [] : [[`gate.${name}`, value] as const])
  return {
    'gate.passed': verdict === 'passed' ? 1 : 0,
    ...Object.fromEntries(values),
    ...(comparison && {
      'gate.macroF1Difference': comparison.macroF1.difference,
      'gate.macroF1DifferenceLow': comparison.macroF1.low,
      'gate.macroF1DifferenceHigh': comparison.macroF1.high,
      'gate.mcnemarP': comparison.mcnemar.p
    })
  }
}
