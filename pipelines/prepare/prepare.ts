import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeDigest, gitState } from '../code-version.ts'
import { checkDataSet } from '../data/checks.ts'
import { DESCRIPTION_FILE, type Split, digestOf, readDescription } from '../data/data-set.ts'
import type { DataSetDescription } from '../data/description.ts'
import type { Limits } from '../data/limits.ts'
import { readProfile } from '../data/profile.ts'
import { NEAR_DUPLICATE } from '../data/similarity.ts'
import { createLabelLookup, readTaxonomy } from '../data/taxonomy.ts'
import { PipelineError } from '../step.ts'
import { nextMinor, versionsIn } from '../versions.ts'
import type { Columns } from './columns.ts'
import { type ConflictRule, deduplicate } from './deduplicate.ts'
import { describeVersion, parametersOf } from './describe-version.ts'
import { type Redactor, createPseudonyms } from './example.ts'
import { type Input, type Parent, findInputs, openInput, parentsOf } from './inputs.ts'
import { type ReadExamples, readExamples } from './read-examples.ts'
import { refuseFailed, rejectedNames, unknownLabelNames } from './report.ts'
import { type Rejected, type Row, reference } from './rows.ts'
import { type Ratios, type SplitMode, assignSplits } from './split.ts'
import { Spool } from './spool.ts'
import { writeRejected, writeSplits } from './write-splits.ts'

/** Folders whose code decides what a prepared data set is like. */
const FOLDERS = ['data', 'prepare', 'redact']

export interface PrepareOptions {
  readonly name: string
  /** @default the one that is made of the same input, parameters and code; without such a one the next */
  readonly version?: string | undefined
  /** Files, globs, folders of data sets. */
  readonly inputs: readonly string[]
  /** Folders of the versions that this one follows; drift is measured against the first. */
  readonly parents: readonly string[]
  /** The version goes to `<out>/<name>/<version>/`. */
  readonly out: string
  /** Where the data tests leave what they found when they fail. @default .cache/prepare/<name>-<version> */
  readonly reports?: string | undefined
  readonly taxonomy: string
  readonly columns: Columns
  readonly split: SplitMode
  readonly ratios: Ratios
  readonly seed: number
  readonly onConflict: ConflictRule
  readonly limits: Limits
  /** Data tests that may fail. */
  readonly allow: readonly string[]
  readonly licence: string
  readonly origin: string
  readonly createdAt: string
}

/** The version that there is now; `unchanged` says why nothing was written. */
export interface Prepared {
  readonly directory: string
  readonly description: DataSetDescription
  readonly unchanged?: string
}

/**
 * Makes a version of a data set of tables: cleaned, redacted, without duplicates, split without leakage, tested.
 * The same options and files give the same bytes, `createdAt` and the code's version aside.
 * @throws {PipelineError} ERR_DATA_TESTS when it is not fit, ERR_VERSION_EXISTS when the version is there with other content
 */
export async function prepareDataSet (options: PrepareOptions, { redact }: { redact: Redactor }): Promise<Prepared> {
  const taxonomy = await readTaxonomy(options.taxonomy)
  const sources = await findInputs(options.inputs)
  const inputs = await Promise.all(sources.map(openInput))
  const parents = await parentsOf([...options.parents, ...options.inputs])
  const code = { ...gitState(), digest: await codeDigest(FOLDERS) }
  const inputDigest = await digestOfAll(options, inputs, parents)
  const isSame = (description: DataSetDescription | undefined) => description?.inputDigest === inputDigest && description.code?.digest === code.digest
  const version = options.version ?? await chooseVersion(join(options.out, options.name), isSame)
  const directory = join(options.out, options.name, version)
  const existing = await readIfThere(directory)
  if (existing && isSame(existing)) {
    return { directory, description: existing, unchanged: 'Input, parameters and code are those that it was made of' }
  }

  const staging = join(options.out, options.name, `.${version}.${randomUUID()}`)
  const spool = new Spool()
  await mkdir(staging, { recursive: true })
  try {
    const read = await readExamples(inputs, options.columns, { split: options.split, labelOf: createLabelLookup(taxonomy), redact, pseudonymOf: createPseudonyms() }, spool)
    const { rows, pairs, rejected } = arrange(read, spool, options)
    await writeRejected(staging, rejected)
    const written = await writeSplits(staging, rows, spool)
    if (existing?.digest === written.digest) return { directory, description: existing, unchanged: 'Another run gave the same content' }
    if (existing) throw versionExists(directory)

    const total = read.counts.reduce((sum, count) => sum + count, 0)
    const [previous] = parents
    const checks = checkDataSet({
      rows,
      pairs,
      labels: taxonomy.labels.map(({ id }) => id),
      rejected: rejectedNames(rejected),
      unknownLabels: unknownLabelNames(read.unknownLabels),
      total,
      ...(previous && { drift: { previous: await readProfile(previous.directory), current: written.profile } })
    }, options.limits)
    await refuseFailed(checks, rejected, { allow: options.allow, reports: options.reports ?? join('.cache', 'prepare', `${options.name}-${version}`) })

    const description = describeVersion({ ...options, version }, { taxonomy, inputs, parents, code, inputDigest, read, rejected, written, checks })
    await writeFile(join(staging, DESCRIPTION_FILE), JSON.stringify(description, null, 2) + '\n')
    await rename(staging, directory).catch(cause => { throw ['ENOTEMPTY', 'EEXIST'].includes(cause.code) ? versionExists(directory, cause) : cause }) // another run was faster
    return { directory, description }
  } finally {
    spool.close()
    await rm(staging, { recursive: true, force: true })
  }
}

async function chooseVersion (directory: string, isSame: (description: DataSetDescription | undefined) => boolean): Promise<string> {
  const versions = await versionsIn(directory)
  for (const version of versions.toReversed()) if (isSame(await readIfThere(join(directory, version)))) return version
  return nextMinor(versions.at(-1))
}

async function readIfThere (directory: string): Promise<DataSetDescription | undefined> {
  return await readDescription(directory).catch(() => undefined)
}

type Arranged = Row & { readonly split: Split }

/** What is left of the rows after duplicates, each with its split; pairs are near-duplicates among them. */
function arrange ({ rows, rejected, index }: ReadExamples, spool: Spool, { split: mode, ratios, seed, onConflict }: PrepareOptions): {
  rows: Arranged[]
  pairs: Array<[Arranged, Arranged]>
  rejected: Rejected[]
} {
  const textOf = (item: number) => spool.example(item).text
  const unique = deduplicate(rows, { onConflict, index, textOf })
  const pairs = index.pairs(textOf, NEAR_DUPLICATE, unique.kept.map(({ number }) => number))
  const splits = assignSplits(unique.kept, { mode, ratios, seed, pairs })
  const arranged = unique.kept.map(row => ({ ...row, split: splits.get(row.number)! }))
  const byNumber = new Map(arranged.map(row => [row.number, row]))
  const similar = pairs.map(([a, b]) => [byNumber.get(a)!, byNumber.get(b)!] as [Arranged, Arranged])
  const leaking = mode === 'keep' ? freshAcross(similar) : new Map<Arranged, Arranged>()
  return {
    rows: arranged.filter(row => !leaking.has(row)),
    pairs: similar.filter(([a, b]) => !leaking.has(a) && !leaking.has(b)),
    rejected: [...rejected, ...unique.rejected, ...[...leaking].map(([row, other]) => ({ ...reference(row), reason: 'near_duplicate' as const, sameAs: reference(other) }))]
  }
}

/** New rows that resemble rows of two splits fit in none: each with one that it may not be beside. */
function freshAcross (pairs: ReadonlyArray<readonly [Arranged, Arranged]>): Map<Arranged, Arranged> {
  const across = pairs.filter(([a, b]) => a.split !== b.split)
  return new Map(across.flatMap(([a, b]) => a.given === undefined ? [[a, b] as const] : b.given === undefined ? [[b, a] as const] : []))
}

async function digestOfAll (options: PrepareOptions, inputs: readonly Input[], parents: readonly Parent[]): Promise<string> {
  return digestOf(JSON.stringify([
    inputs.map(({ path, sha256 }) => [path, sha256]),
    parents.map(({ description }) => description.digest),
    digestOf(await readFile(options.taxonomy)),
    parametersOf(options)
  ]))
}

function versionExists (directory: string, cause?: unknown): PipelineError {
  return new PipelineError('ERR_VERSION_EXISTS', `${directory} is there with other content, and a version never changes: choose another --version`, { cause })
}
