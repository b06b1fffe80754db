import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readDataSet } from '../data/data-set.ts'
import { EXIT, PipelineError } from '../step.ts'

/**
 * The folder with a data set of this digest, among the versions under `<root>/<name>/`.
 * @throws {PipelineError} ERR_DATA_SET_NOT_FOUND
 */
export async function findDataSet (root: string, { name, version, digest }: { name: string, version: string, digest: string }): Promise<string> {
  const folders = await readdir(join(root, name)).catch(() => [])
  // The recorded version first; a copy under another one has the same content all the same.
  for (const folder of [version, ...folders.filter(each => each !== version)]) {
    const directory = join(root, name, folder)
    const dataSet = await readDataSet(directory).catch(() => undefined)
    if (dataSet?.description.digest === digest) return directory
  }
  throw new PipelineError('ERR_DATA_SET_NOT_FOUND', `${join(root, name)} has no version with digest ${digest} (${name} ${version} when it was used)`, { exitCode: EXIT.data })
}
