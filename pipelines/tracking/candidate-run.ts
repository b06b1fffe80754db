import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Run, Tracker } from './tracker.ts'

/** Names the run that made a candidate: `{ id }`. */
export const RUN_FILE = 'run.json'

/** How the run ends with this step; `undefined`: others go on with it. */
export type RunEnd = 'FINISHED' | 'FAILED' | undefined

/**
 * Goes on with the run that made a candidate or a stored version; does nothing where none is named. Where that run has
 * ended well already, a run of its own is made for the step, and ended.
 */
export async function withCandidateRun (tracker: Tracker, directory: string, step: string, record: (run: Run) => Promise<RunEnd>): Promise<void> {
  const content = await readFile(join(directory, RUN_FILE), 'utf8').catch(error => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (content === undefined) return
  const { id }: { id: string } = JSON.parse(content)
  const run = await tracker.open({ name: step, resume: id, tags: { candidateRun: id } })
  const end = await record(run)
  const ownEnd = run.id === id ? end : end ?? 'FINISHED'
  if (ownEnd) await run.end(ownEnd)
}
