import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Check } from '../data/checks/check.ts'
import { EXIT, PipelineError } from '../step.ts'
import type { Rejected, RowReference } from './rows.ts'
import { writeRejected } from './write-splits.ts'

const CHECKS_FILE = 'checks.json'

/** Rows named in the message, of each test; all are in the report. */
const MAX_ROWS = 20

/** More than so many different labels are no misspelt ones but another column, perhaps the customers' texts. */
const MAX_UNKNOWN_LABELS = 20

const DUPLICATE_REASONS: ReadonlySet<string> = new Set(['duplicate', 'near_duplicate'])

/** The rows that were left out for what is wrong with them. */
export function rejectedNames (rejected: readonly Rejected[]): string[] {
  return rejected.filter(({ reason }) => !DUPLICATE_REASONS.has(reason)).map(({ file, row, reason, sameAs }) =>
    `${file}:${row}: ${reason}${sameAs ? ` with ${sameAs.file}:${sameAs.row}` : ''}`)
}

/** The rows whose label is none, with the label where it may be shown. */
export function unknownLabelNames (labels: ReadonlyMap<string, readonly RowReference[]>): string[] {
  const shown = labels.size <= MAX_UNKNOWN_LABELS
  return [...labels].flatMap(([label, rows]) => rows.map(({ file, row }) => `${file}:${row}: ${shown ? label : `one of ${labels.size} different values, perhaps of the wrong column (--columns)`}`))
}

/**
 * Stops when a data test failed that is not allowed to.
 * @throws {PipelineError} ERR_DATA_TESTS saying which test, what limit and which rows; all rows are in a report
 */
export async function refuseFailed (checks: readonly Check[], rejected: readonly Rejected[], { allow, reports }: { allow: readonly string[], reports: string }): Promise<void> {
  const failed = checks.filter(({ test, passed }) => !passed && !allow.includes(test))
  if (failed.length === 0) return
  await mkdir(reports, { recursive: true })
  await writeFile(join(reports, CHECKS_FILE), JSON.stringify(checks, null, 2) + '\n')
  await writeRejected(reports, rejected)
  const parts = failed.map(({ test, limit, found, rows }) =>
    [`${test}: ${found}; the limit is ${limit}`, ...rows.slice(0, MAX_ROWS).map(row => `  ${row}`), ...(rows.length > MAX_ROWS ? [`  and ${rows.length - MAX_ROWS} more`] : [])].join('\n'))
  throw new PipelineError('ERR_DATA_TESTS', `${failed.length} data tests failed; all rows are in ${reports}. Overrule a test with --allow NAME.\n${parts.join('\n')}`, { exitCode: EXIT.data })
}
