import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Manifest, parseManifest } from '../model-store/manifest.ts'
import { MANIFEST_FILE, describeFile } from '../model-store/verify.ts'

/**
 * A candidate is a folder with the layout of a version in the store: `manifest.json` and the files that it names.
 * `train` and `import` make it, `evaluate` and `gate` add their reports to it, `register` publishes it.
 */
export async function readCandidate (directory: string): Promise<Manifest> {
  const path = join(directory, MANIFEST_FILE)
  return parseManifest(await readFile(path, 'utf8'), path)
}

/**
 * Writes the manifest over a candidate's files.
 * @param files names of all its files
 */
export async function writeCandidate (directory: string, manifest: Omit<Manifest, 'files'>, files: readonly string[]): Promise<Manifest> {
  const described = await Promise.all([...new Set(files)].sort().map(file => describeFile(directory, file)))
  const complete: Manifest = { ...manifest, files: described }
  const path = join(directory, MANIFEST_FILE)
  await writeFile(`${path}.new`, JSON.stringify(complete, null, 2) + '\n')
  await rename(`${path}.new`, path)
  return parseManifest(JSON.stringify(complete), path)
}

/**
 * Adds files that lie in a candidate's folder to its manifest, or brings their checksums up to date.
 * @param metrics added to the manifest's
 */
export async function addToCandidate (directory: string, files: readonly string[], metrics: Readonly<Record<string, number>> = {}): Promise<Manifest> {
  const manifest = await readCandidate(directory)
  return await writeCandidate(directory, { ...manifest, metrics: { ...manifest.metrics, ...metrics } }, [...manifest.files.map(({ path }) => path), ...files])
}
