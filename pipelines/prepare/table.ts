import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { DuckDBConnection } from '@duckdb/node-api'
import { EXIT, PipelineError } from '../step.ts'
import { quoted } from '../duckdb.ts'
import type { Input } from './inputs.ts'

const DELIMITERS = [',', ';', '\t']

/** A file as DuckDB reads it. */
export interface Table {
  readonly columns: readonly string[]
  /** The table function that gives at least these columns; of JSON lines, NULL where a line lacks one. */
  source(wanted: readonly string[]): string
}

/**
 * Finds the columns of a file. Of CSV, quotes are `"` and the delimiter is that of the header; nothing is guessed from
 * the rows, whose first may differ from the rest.
 * @throws {PipelineError} ERR_ROW
 */
export async function openTable (connection: DuckDBConnection, input: Input): Promise<Table> {
  const path = quoted(input.path)
  if (input.format === 'csv') {
    const header = await firstLine(input.path)
    const delimiter = DELIMITERS.reduce((most, one) => splitHeader(header, one).length > splitHeader(header, most).length ? one : most)
    const columns = splitHeader(header, delimiter)
    return { columns, source: () => `read_csv(${path}, auto_detect = false, ${asText(columns)}, delim = ${quoted(delimiter)}, header = true, quote = '"', escape = '"', comment = '', strict_mode = true)` }
  }
  if (input.format === 'parquet') {
    return { columns: await columnsOf(connection, input, `read_parquet(${path})`), source: () => `read_parquet(${path})` }
  }
  const json = `read_json(${path}, format = 'newline_delimited'`
  const columns = await columnsOf(connection, input, `${json})`)
  // What is no object would be one column of that name.
  if (columns.join() === 'json' && await firstBrokenLine(input.path) !== undefined) throw await rowError(input)
  return { columns, source: wanted => `${json}, ${asText(wanted)})` }
}

async function columnsOf (connection: DuckDBConnection, input: Input, source: string): Promise<string[]> {
  try {
    return (await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`)).getRows().map(([name]) => String(name))
  } catch (error) {
    throw await rowError(input, error)
  }
}

function asText (columns: readonly string[]): string {
  return `columns = {${[...new Set(columns)].map(column => `${quoted(column)}: 'VARCHAR'`).join(', ')}}`
}

async function firstLine (path: string): Promise<string> {
  const lines = createInterface({ input: createReadStream(path) })[Symbol.asyncIterator]()
  const { value = '' } = await lines.next()
  await lines.return?.()
  return value.replace(/^\ufeff/, '')
}

function splitHeader (line: string, delimiter: string): string[] {
  return line.split(delimiter).map(name => name.trim().replace(/^"(.*)"$/, '$1').replaceAll('""', '"'))
}

/**
 * Says which row of a file cannot be read. DuckDB's own message quotes the row, which is a customer's text, so it goes
 * no further.
 */
export async function rowError ({ path, format }: Input, error?: unknown): Promise<PipelineError> {
  const refuse = (message: string) => new PipelineError('ERR_ROW', message, { exitCode: EXIT.data })
  if (format === 'jsonl') {
    // The line that DuckDB names is not always the right one.
    const line = await firstBrokenLine(path)
    return refuse(line === undefined ? `${path} cannot be read as JSON lines` : `${path}:${line} is no JSON object on a line of its own`)
  }
  const message = error instanceof Error ? error.message : ''
  const record = Number(/CSV Error on Line: (\d+)/.exec(message)?.[1] ?? NaN)
  const counts = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message)
  if (format === 'parquet' || Number.isNaN(record)) return refuse(`${path} is no readable ${format} file`)
  const problem = counts ? `${counts[1]} columns are expected, ${counts[2]} found` : message.includes('unterminated quote') ? 'a quoted value does not end' : 'it is no valid CSV'
  return refuse(`${path}: row ${record - 1} after the header cannot be read: ${problem}`)
}

async function firstBrokenLine (path: string): Promise<number | undefined> {
  let number = 0
  for await (const line of createInterface({ input: createReadStream(path) })) {
    number++
    if (!isObject(number === 1 ? line.replace(/^\ufeff/, '') : line)) return number
  }
  return undefined
}

function isObject (line: string): boolean {
  if (line.trim() === '') return true
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
