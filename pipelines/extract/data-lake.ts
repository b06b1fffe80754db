import { type FileHandle, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export const KINDS = ['inquiries', 'corrections'] as const
export type Kind = typeof KINDS[number]

/** By topic, then partition: the offset of the next record to collect. */
export type Positions = Record<string, Record<string, string>>

/** One record as the lake keeps it: where it was and what it said. */
export interface LakeRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  /** Of the broker or the sender, in epoch milliseconds. */
  readonly timestamp: number
  readonly value: object
}

const POSITIONS_FILE = 'positions.json'

/**
 * Records as they came, one JSON line each, one file a run. How far collecting has come lies beside them and is written
 * after them: a run that dies in between leaves records that the next one collects again, and joining takes each
 * offset once.
 */
export class DataLake {
  readonly #root: string

  private constructor (root: string) {
    this.#root = root
  }

  static async open (root: string): Promise<DataLake> {
    for (const kind of KINDS) await mkdir(join(root, kind), { recursive: true })
    return new DataLake(root)
  }

  path (...parts: string[]): string { return join(this.#root, ...parts) }

  async positions (): Promise<Positions> {
    const json = await readFile(this.path(POSITIONS_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{}'
      throw error
    })
    return JSON.parse(json)
  }

  async savePositions (topic: string, positions: Record<string, string>): Promise<void> {
    const staging = this.path(`${POSITIONS_FILE}.new`)
    await writeFile(staging, JSON.stringify({ ...await this.positions(), [topic]: positions }, null, 2) + '\n')
    await rename(staging, this.path(POSITIONS_FILE))
  }

  /** Opens a file for the records of one run; nobody sees it before `keep`. */
  async write (kind: Kind): Promise<LakeFile> {
    const name = `${new Date().toISOString().replaceAll(':', '')}.jsonl`
    const staging = this.path(kind, `.${name}`)
    return new LakeFile(await open(staging, 'wx'), staging, this.path(kind, name))
  }
}

export class LakeFile {
  readonly #handle: FileHandle
  readonly #staging: string
  readonly #path: string
  #records = 0

  constructor (handle: FileHandle, staging: string, path: string) {
    this.#handle = handle
    this.#staging = staging
    this.#path = path
  }

  get records (): number { return this.#records }

  async add (records: readonly LakeRecord[]): Promise<void> {
    if (records.length === 0) return
    await this.#handle.write(records.map(record => JSON.stringify(record) + '\n').join(''))
    this.#records += records.length
  }

  /** On disk from now on, whatever happens to the process; a file without records is dropped. */
  async keep (): Promise<void> {
    await this.#handle.sync()
    await this.#handle.close()
    if (this.#records > 0) await rename(this.#staging, this.#path)
    else await rm(this.#staging)
  }

  async drop (): Promise<void> {
    await this.#handle.close()
    await rm(this.#staging, { force: true })
  }
}
