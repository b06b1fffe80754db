import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Provenance } from '../data/description.ts'

/** Folders whose code decides what a prepared data set is like. */
const FOLDERS = ['data', 'prepare', 'redact']

/** What code is running: commit, whether the pipelines differ from it, and the digest of the code that prepares data. */
export async function codeVersion (): Promise<Provenance['code']> {
  return { ...gitState(), digest: await codeDigest() }
}

async function codeDigest (): Promise<string> {
  const hash = createHash('sha256')
  const extension = extname(import.meta.url)
  for (const folder of FOLDERS) {
    const path = fileURLToPath(new URL(`../${folder}/`, import.meta.url))
    const files = (await readdir(path, { recursive: true })).filter(file => file.endsWith(extension) && !file.endsWith('.d.ts')).sort()
    for (const file of files) hash.update(`${folder}/${file}\n`).update(await readFile(join(path, file)))
  }
  return hash.digest('hex')
}

function gitState (): { gitCommit: string | null, dirty: boolean } {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return { gitCommit: git('rev-parse', 'HEAD'), dirty: git('status', '--porcelain', '--', ':(top)pipelines') !== '' }
  } catch {
    return { gitCommit: null, dirty: false } // an unpacked archive is no repository
  }
}
