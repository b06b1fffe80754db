import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { withLock } from './kafka/lock.ts'

/** A virtual environment of Python that something here needs. */
export interface PythonEnvironment {
  /** Environment variable that names one that is there already. */
  readonly variable: string
  /** Where it is made otherwise. */
  readonly folder: string
  /** Options of `pip install`; files that they name decide whether it is up to date. */
  readonly install: readonly string[]
}

/** PyTorch and what fine-tuning takes besides: three minutes and 6 GB. */
export const FINE_TUNING: PythonEnvironment = {
  variable: 'FINETUNE_VENV',
  folder: '.cache/finetune-venv',
  install: ['--requirement', 'pipelines/finetune/requirements.txt', '--constraint', 'pipelines/finetune/constraints.txt']
}

const run = promisify(execFile)
const INSTALL_MS = 600_000

/**
 * Folder with the programs of an environment, which is made where it is missing.
 * @throws when there is no Python with venv and pip, or no package index
 */
export async function programsOf ({ variable, folder, install }: PythonEnvironment): Promise<string> {
  const given = process.env[variable]
  if (given) return resolve(given, 'bin')
  const directory = resolve(folder)
  await withLock(`${directory}.lock`, async () => {
    const hash = createHash('sha256')
    for (const option of install) if (!option.startsWith('--')) hash.update(await readFile(option))
    const marker = join(directory, `installed-${hash.digest('hex').slice(0, 12)}`)
    if (existsSync(marker)) return
    console.error(`Installing ${install.join(' ')} into ${folder} …`)
    await rm(directory, { recursive: true, force: true })
    await run('python3', ['-m', 'venv', directory])
    await run(join(directory, 'bin', 'pip'), ['install', '--quiet', ...install], { timeout: INSTALL_MS })
    await writeFile(marker, '')
  })
  return join(directory, 'bin')
}
