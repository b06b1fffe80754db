import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Run, Tracker } from './tracker.ts'

/** Names the run that made a candidate: `{ id }`. */
export const RUN_FILE = 'run.json'

/**
 * Goes on with the run that made a candidate or a stored version; does nothing where none is named. The run is
 * left open: whoever started it ends it.
 */
export async function withCandidateRun (tracker: Tracker, directory: string, name: string, record: (run: Run) => Promise<void>): Promise<void> {
  const content = await readFile(join(directory, RUN_FILE), 'utf8').catch(error => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (content === undefined) return
  const { id }: { id: string } = JSON.parse(content)
  await record(await tracker.open({ name, resume: id, tags: {} }))
}
