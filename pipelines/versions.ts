import { readdir } from 'node:fs/promises'
import { PipelineError } from './step.ts'

const VERSION = /^(\d+)\.(\d+)\.(\d+)$/

/**
 * `1.2.3` becomes `1.3.0`; with nothing before, `1.0.0`.
 * @throws {PipelineError} ERR_VERSION_NEEDED when the version before has another form
 */
export function nextMinor (version: string | undefined): string {
  if (version === undefined) return '1.0.0'
  const [, major, minor] = VERSION.exec(version) ?? []
  if (major === undefined) throw new PipelineError('ERR_VERSION_NEEDED', `After ${version} the next version is not clear: give one`)
  return `${major}.${Number(minor) + 1}.0`
}

/** The versions among the folders in a folder, highest last. */
export async function versionsIn (directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  const versions = entries.filter(entry => entry.isDirectory() && VERSION.test(entry.name)).map(({ name }) => name)
  return versions.sort(new Intl.Collator('en', { numeric: true }).compare)
}
