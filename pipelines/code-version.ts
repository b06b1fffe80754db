import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The commit that is checked out, and whether the pipelines' code differs from it. */
export interface GitState {
  /** Null outside a repository. */
  readonly gitCommit: string | null
  readonly dirty: boolean
}

export function gitState (): GitState {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return { gitCommit: git('rev-parse', 'HEAD'), dirty: git('status', '--porcelain', '--', ':(top)pipelines') !== '' }
  } catch {
    return { gitCommit: null, dirty: false } // an unpacked archive is no repository
  }
}

/** The same in one word: the commit, with `-dirty` where the pipelines differ from it; `unknown` outside a repository. */
export function codeVersion (): string {
  const { gitCommit, dirty } = gitState()
  return gitCommit ? gitCommit + (dirty ? '-dirty' : '') : 'unknown'
}

/**
 * Digest of the code in folders, by which a step tells whether it would do the same again.
 * @param folders relative to this file
 * @returns SHA-256 over the files' names and contents
 */
export async function codeDigest (folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  const extension = extname(import.meta.url)
  for (const folder of folders) {
    const path = fileURLToPath(new URL(`./${folder}/`, import.meta.url))
    const files = (await readdir(path, { recursive: true })).filter(file => file.endsWith(extension) && !file.endsWith('.d.ts')).sort()
    for (const file of files) hash.update(`${folder}/${file}\n`).update(await readFile(join(path, file)))
  }
  return hash.digest('hex')
}
