import type { Check } from '../data/checks/check.ts'
import type { DataSetDescription, Provenance } from '../data/description.ts'
import { NEAR_DUPLICATE, SAME_TEXT } from '../data/similarity.ts'
import { REASONS } from './example.ts'
import type { Input, Parent } from './inputs.ts'
import type { PrepareOptions } from './prepare.ts'
import type { ReadExamples } from './read-examples.ts'
import type { Rejected } from './rows.ts'
import type { Written } from './write-splits.ts'

/** What `dataset.json` is made of, beside the options. */
export interface Known {
  readonly taxonomy: { name: string, version: string }
  readonly inputs: readonly Input[]
  readonly parents: readonly Parent[]
  readonly code: Provenance['code']
  readonly inputDigest: string
  readonly read: ReadExamples
  readonly rejected: readonly Rejected[]
  readonly written: Written
  readonly checks: readonly Check[]
}

/** `dataset.json` */
export function describeVersion (options: PrepareOptions & { readonly version: string }, { taxonomy, inputs, parents, code, inputDigest, read, rejected, written, checks }: Known): DataSetDescription {
  const { name, version, createdAt, licence, origin, allow } = options
  return {
    schemaVersion: 2,
    name,
    version,
    createdAt,
    taxonomy: { name: taxonomy.name, version: taxonomy.version },
    licence,
    origin,
    files: written.files,
    digest: written.digest,
    schema: written.schema,
    counts: written.counts,
    parents: [
      ...parents.map(({ description }) => ({ name: description.name, version: description.version, digest: description.digest })),
      ...inputs.map(({ path, sha256 }, index) => ({ file: path, sha256, rows: read.counts[index]! }))
    ],
    code,
    inputDigest,
    parameters: parametersOf(options),
    changed: read.changed,
    redaction: read.redaction,
    rejected: countReasons(rejected),
    checks: checks.map(({ test, passed, limit, found }) => ({ test, passed, limit, found })),
    allowed: checks.filter(({ test, passed }) => !passed && allow.includes(test)).map(({ test }) => test)
  }
}

/** What decides the content beside the input. */
export function parametersOf ({ columns, split, ratios, seed, onConflict, limits, allow }: PrepareOptions): Record<string, unknown> {
  return { columns, split, ...(split !== 'given' && { ratios }), seed, onConflict, nearDuplicate: NEAR_DUPLICATE, sameText: SAME_TEXT, limits, allow }
}

function countReasons (rejected: readonly Rejected[]): Record<string, number> {
  const counts = REASONS.map(reason => [reason, rejected.filter(row => row.reason === reason).length] as const)
  return Object.fromEntries(counts.filter(([, count]) => count > 0))
}
