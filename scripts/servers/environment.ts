import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { withLock } from '../kafka/lock.ts'

const run = promisify(execFile)
const REQUIREMENTS = 'scripts/servers/requirements.txt'
const FOLDER = '.cache/servers'
const INSTALL_MS = 600_000

/**
 * Folder with the programs of a Python environment that has MLflow and moto: the environment SERVERS_VENV, or one in
 * `.cache/servers`, made where it is missing (two minutes and 550 MB).
 * @throws when there is no Python with venv and pip, or no package index
 */
export async function serverPrograms (): Promise<string> {
  if (process.env.SERVERS_VENV) return resolve(process.env.SERVERS_VENV, 'bin')
  const folder = resolve(FOLDER)
  await withLock(`${folder}.lock`, async () => {
    const requirements = await readFile(REQUIREMENTS)
    const marker = join(folder, `installed-${createHash('sha256').update(requirements).digest('hex').slice(0, 12)}`)
    if (existsSync(marker)) return
    console.error(`Installing ${REQUIREMENTS} into ${FOLDER} …`)
    await rm(folder, { recursive: true, force: true })
    await run('python3', ['-m', 'venv', folder])
    await run(join(folder, 'bin', 'pip'), ['install', '--quiet', '--requirement', REQUIREMENTS], { timeout: INSTALL_MS })
    await writeFile(marker, '')
  })
  return join(folder, 'bin')
}
