import { type PythonEnvironment, programsOf } from '../python-environment.ts'

/** MLflow and moto: two minutes and 550 MB. */
const SERVERS: PythonEnvironment = {
  variable: 'SERVERS_VENV',
  folder: '.cache/servers',
  install: ['--requirement', 'scripts/servers/requirements.txt']
}

/**
 * Folder with the programs of a Python environment that has MLflow and moto: the environment SERVERS_VENV, or one in
 * `.cache/servers`, made where it is missing.
 * @throws when there is no Python with venv and pip, or no package index
 */
export async function serverPrograms (): Promise<string> {
  return await programsOf(SERVERS)
}
