import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelStoreError } from '../../errors.ts'
import type { Manifest } from '../../manifest.ts'
import { MANIFEST_FILE, hashFile } from '../../verify.ts'
import { DIGEST_TAG, VERSION_TAG } from './registry.ts'

/** The gate's report, where it is among the files. */
const GATE_FILE = 'gate.json'
/** Longest value that MLflow takes in all its versions. */
const MOST_TAG = 5_000

/** What a person looks for in the registry: where the version comes from, how good it is, what the gate said of it. */
export async function versionTags (directory: string, manifest: Manifest): Promise<Record<string, string>> {
  const { dataset, training, metrics, licence, files } = manifest
  const gate = files.find(({ path }) => path === GATE_FILE)
  return {
    [VERSION_TAG]: manifest.version,
    [DIGEST_TAG]: await hashFile(join(directory, MANIFEST_FILE)),
    git_commit: training.gitCommit,
    dataset: `${dataset.name} ${dataset.version}`,
    dataset_digest: dataset.digest,
    seed: String(training.seed),
    licence: licence.slice(0, MOST_TAG),
    ...(gate && { gate: await readVerdict(join(directory, GATE_FILE)), gate_report_sha256: gate.sha256 }),
    ...Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`metric.${name}`, String(value)]))
  }
}

async function readVerdict (path: string): Promise<string> {
  let verdict: unknown
  try {
    verdict = JSON.parse(await readFile(path, 'utf8')).verdict
  } catch { /* told below */ }
  if (typeof verdict !== 'string' || verdict === '') throw new ModelStoreError('ERR_MANIFEST_INVALID', `${path} has no verdict`)
  return verdict
}
