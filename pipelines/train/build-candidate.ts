import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Manifest } from '../../model-store/manifest.ts'
import { MANIFEST_FILE } from '../../model-store/verify.ts'
import { writeCandidate } from '../candidate.ts'
import { codeVersion } from '../code-version.ts'
import type { DataSetDescription } from '../data/data-set.ts'
import type { Taxonomy } from '../data/taxonomy.ts'
import { PipelineError } from '../step.ts'

/** What makes one version differ from another, however it was made. */
export interface NewVersion extends Pick<Manifest, 'name' | 'version' | 'createdAt' | 'classes' | 'input' | 'output' | 'pooling' | 'calibration' | 'thresholds' | 'metrics' | 'licence' | 'origin'> {
  readonly taxonomy: Taxonomy
  /** What it was trained on or calibrated with. */
  readonly dataSet: DataSetDescription
  readonly seed: number
  /** All that is needed to make it again. */
  readonly parameters: Record<string, unknown>
  readonly card: (manifest: Omit<Manifest, 'files'>) => string
}

const CARD_FILE = 'MODEL_CARD.md'

/** Where a candidate lies unless a folder is named. */
export function candidateFolder (name: string, version: string): string {
  return join('.cache/candidates', `${name}-${version}`)
}

/**
 * Makes a candidate, or replaces the one that is there. It appears by one rename, complete.
 * @param fill puts the version's files into a folder, and says what they are
 * @throws {PipelineError} ERR_NO_CANDIDATE when something else lies at its place
 */
export async function buildCandidate (directory: string, fill: (staging: string) => Promise<NewVersion>): Promise<Manifest> {
  await refuseForeign(directory)
  await mkdir(dirname(directory), { recursive: true })
  const staging = await mkdtemp(`${directory}.`)
  try {
    const version = await fill(staging)
    const manifest = describe(version)
    await writeFile(join(staging, CARD_FILE), version.card(manifest))
    const complete = await writeCandidate(staging, manifest, await readdir(staging))
    await rm(directory, { recursive: true, force: true })
    await rename(staging, directory)
    return complete
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** A candidate is replaced as a whole: what is no candidate is left alone. */
async function refuseForeign (directory: string): Promise<void> {
  const present: string[] = await readdir(directory).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new PipelineError('ERR_NO_CANDIDATE', `${directory} is no folder`, { cause: error })
  })
  if (present.length && !present.includes(MANIFEST_FILE)) throw new PipelineError('ERR_NO_CANDIDATE', `${directory} holds something else than a candidate`)
}

function describe ({ taxonomy, dataSet, seed, parameters, card, ...version }: NewVersion): Omit<Manifest, 'files'> {
  return {
    schemaVersion: 1,
    name: version.name,
    version: version.version,
    createdAt: version.createdAt,
    taxonomy: { name: taxonomy.name, version: taxonomy.version },
    labels: taxonomy.labels.map(({ id, group = '', de = id, en = id, description = '' }) => ({ id, group, names: { de, en }, description })),
    classes: version.classes,
    input: version.input,
    output: version.output,
    pooling: version.pooling,
    calibration: version.calibration,
    thresholds: version.thresholds,
    dataset: { name: dataSet.name, version: dataSet.version, digest: dataSet.digest },
    training: { gitCommit: codeVersion(), seed, parameters },
    metrics: version.metrics,
    licence: version.licence,
    origin: version.origin
  }
}
