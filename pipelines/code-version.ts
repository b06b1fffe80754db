import { execFileSync } from 'node:child_process'

/** The git commit of the working directory, with `-dirty` where tracked files differ from it; `unknown` outside a repository. */
export function codeVersion (): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=40', '--exclude=*'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return 'unknown'
  }
}
