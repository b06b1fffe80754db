import { execFile } from 'node:child_process'
import { access, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { PipelineError } from '../step.ts'

const run = promisify(execFile)
const LIMIT_MS = 900_000

/**
 * Checks a commit out beside the working tree, installs and builds it, and runs one of its commands there. Its packages
 * are those of this tree where the lock file is the same.
 * @throws {PipelineError} ERR_COMMIT_NOT_FOUND
 */
export async function runAtCommit (commit: string, args: readonly string[]): Promise<void> {
  await run('git', ['rev-parse', '--verify', '--quiet', `${commit}^{commit}`]).catch(cause => {
    throw new PipelineError('ERR_COMMIT_NOT_FOUND', `This repository does not have the commit ${commit}`, { cause })
  })
  const parent = await mkdtemp(join(tmpdir(), 'inquiry-commit-'))
  const directory = join(parent, 'tree')
  try {
    await run('git', ['worktree', 'add', '--detach', directory, commit])
    await providePackages(directory)
    const inTree = { cwd: directory, timeout: LIMIT_MS, maxBuffer: 64 << 20 }
    await run('npm', ['run', '--silent', 'build'], inTree)
    await run(process.execPath, ['dist/pipelines/main.js', ...args], inTree)
  } finally {
    await run('git', ['worktree', 'remove', '--force', directory]).catch(() => {})
    await rm(parent, { recursive: true, force: true })
  }
}

async function providePackages (directory: string): Promise<void> {
  const { stdout } = await run('git', ['diff', '--name-only', '--no-index', 'package-lock.json', join(directory, 'package-lock.json')])
    .catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? 'different' })) // git diff exits with 1 where files differ
  const own = resolve('node_modules')
  const isThere = await access(own).then(() => true, () => false)
  if (stdout === '' && isThere) await symlink(own, join(directory, 'node_modules'))
  else await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: directory, timeout: LIMIT_MS, maxBuffer: 64 << 20 })
}
