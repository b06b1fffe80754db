import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import { DESCRIPTION_FILE, type DataSetDescription, SPLITS, readDescription } from '../data/data-set.ts'
import { EXIT, PipelineError } from '../step.ts'
import { quoted, withDuckDb } from '../duckdb.ts'

export const FORMATS = { '.jsonl': 'jsonl', '.ndjson': 'jsonl', '.csv': 'csv', '.tsv': 'csv', '.parquet': 'parquet' } as const
export type Format = typeof FORMATS[keyof typeof FORMATS]

/** A file that `--input` names. */
export interface Source {
  readonly path: string
  /** It was named by the folder of its data-set version, where columns are called as the fields are. */
  readonly ofVersion: boolean
}

/** A file to read, as it is now. */
export interface Input extends Source {
  readonly format: Format
  readonly sha256: string
}

/**
 * Finds the files that `--input` names: files, globs, and folders of data sets.
 * @throws {PipelineError} ERR_INPUT when nothing is there or the extension is unknown
 */
export async function findInputs (patterns: readonly string[]): Promise<Source[]> {
  const found = await Promise.all(patterns.map(findSources))
  return [...new Map(found.flat().map(source => [source.path, source])).values()]
}

async function findSources (pattern: string): Promise<Source[]> {
  const entry = await stat(pattern).catch(() => undefined)
  if (entry?.isFile()) return [{ path: pattern, ofVersion: false }]
  if (entry?.isDirectory()) {
    const splits = SPLITS.map(split => ({ path: join(pattern, `${split}.jsonl`), ofVersion: true }))
    if (await stat(join(pattern, DESCRIPTION_FILE)).catch(() => undefined)) return splits
    throw refuse(`${pattern} is a folder, but no data set: it has no ${DESCRIPTION_FILE}; name its files, for example ${join(pattern, '*.csv')}`)
  }
  const matches = /[*?[]/.test(pattern)
    ? await withDuckDb(async connection => (await connection.runAndReadAll(`SELECT file FROM glob(${quoted(pattern)}) ORDER BY file`)).getRows().map(([file]) => normalize(String(file))))
    : []
  if (matches.length === 0) throw refuse(`${pattern} does not exist`)
  return matches.map(path => ({ path, ofVersion: false }))
}

/** A version that another one follows. */
export interface Parent {
  readonly directory: string
  readonly description: DataSetDescription
}

/** Those of the paths that are folders of data sets, each once. */
export async function parentsOf (paths: readonly string[]): Promise<Parent[]> {
  const folders = await Promise.all([...new Set(paths.map(normalize))].map(async path => (await stat(path).catch(() => undefined))?.isDirectory() ? [path] : []))
  return await Promise.all(folders.flat().map(async directory => ({ directory, description: await readDescription(directory) })))
}

/**
 * Reads a file once, for its digest and to see that it is text in UTF-8.
 * @throws {PipelineError} ERR_INPUT for an unknown extension and an empty file, ERR_ENCODING naming line and byte
 */
export async function openInput ({ path, ofVersion }: Source): Promise<Input> {
  const format = Object.entries(FORMATS).find(([extension]) => extension === extname(path).toLowerCase())?.[1]
  if (!format) throw refuse(`${path}: files of this kind cannot be read, only ${Object.keys(FORMATS).join(', ')}`)
  const hash = createHash('sha256')
  const utf8 = createUtf8Check(path)
  let size = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    size += chunk.length
    if (format !== 'parquet') utf8.add(chunk)
  }
  if (format !== 'parquet') utf8.end()
  if (size === 0) throw refuse(`${path} is empty`)
  return { path, ofVersion, format, sha256: hash.digest('hex') }
}

/** Checks text that comes in chunks; a character that a chunk cuts apart is looked at with the next one. */
function createUtf8Check (path: string): { add(chunk: Buffer): void, end(): void } {
  let rest: Buffer = Buffer.alloc(0)
  let line = 1
  let offset = 0
  const look = (bytes: Buffer) => {
    if (!isUtf8(bytes)) {
      const at = firstInvalid(bytes)
      throw new PipelineError('ERR_ENCODING', `${path}:${line + countLines(bytes.subarray(0, at))}: byte 0x${bytes[at]!.toString(16).padStart(2, '0')} at ${offset + at} is not UTF-8. ` +
        'Convert the file first, for example with: iconv -f WINDOWS-1252 -t UTF-8', { exitCode: EXIT.data })
    }
    line += countLines(bytes)
    offset += bytes.length
  }
  return {
    add (chunk) {
      const bytes = Buffer.concat([rest, chunk])
      const end = bytes.findLastIndex(byte => (byte & 0xc0) !== 0x80)
      look(bytes.subarray(0, Math.max(0, end)))
      rest = bytes.subarray(Math.max(0, end))
    },
    end () { look(rest) }
  }
}

/** What cannot be decoded becomes U+FFFD, so encoding it again differs there. */
function firstInvalid (bytes: Buffer): number {
  const again = Buffer.from(bytes.toString('utf8'))
  return bytes.findIndex((byte, index) => byte !== again[index])
}

function countLines (bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++
  return count
}

function refuse (message: string): PipelineError {
  return new PipelineError('ERR_INPUT', message, { exitCode: EXIT.data })
}
