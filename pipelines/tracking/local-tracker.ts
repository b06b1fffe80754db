import { randomUUID } from 'node:crypto'
import { appendFile, copyFile, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { artefactPath } from './artefact-path.ts'
import type { Run, Tracker } from './tracker.ts'

const RECORD = 'record.jsonl'

/**
 * Runs as folders: `<folder>/<id>/record.jsonl`, one line for each thing that was said, and `artefacts/`. What is said
 * twice is there twice; the later line counts.
 */
export function localTracker (folder: string): Tracker {
  return {
    async open ({ name, resume, tags }) {
      const id = resume !== undefined && await canGoOn(join(folder, resume, RECORD)) ? resume : randomUUID()
      const run = await openRun(folder, id)
      await run.say({ open: { name, tags } })
      return run
    }
  }
}

async function canGoOn (record: string): Promise<boolean> {
  const lines = await readFile(record, 'utf8').catch(() => '')
  return lines !== '' && !lines.split('\n').some(line => line.includes('"end":"FINISHED"'))
}

async function openRun (folder: string, id: string): Promise<Run & { say(what: object): Promise<void> }> {
  const own = join(folder, id)
  await mkdir(own, { recursive: true })
  const say = async (what: object) => await appendFile(join(own, RECORD), JSON.stringify({ at: new Date().toISOString(), ...what }) + '\n')
  return {
    id,
    say,
    parameters: async values => await say({ parameters: values }),
    metrics: async (values, step = 0) => await say({ metrics: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Number.isFinite(value) ? value : String(value)])), step }),
    tags: async values => await say({ tags: values }),
    input: async dataSet => await say({ input: dataSet }),
    async artefact (name, file) {
      const target = join(own, 'artefacts', artefactPath(name))
      await mkdir(dirname(target), { recursive: true })
      await copyFile(file, target)
    },
    end: async status => await say({ end: status })
  }
}
