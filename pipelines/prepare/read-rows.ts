import type { DuckDBConnection } from '@duckdb/node-api'
import { EXIT, PipelineError } from '../step.ts'
import { type Columns, FIELDS, type Field, OWN_COLUMNS, REQUIRED } from './columns.ts'
import { quotedName, withDuckDb } from '../duckdb.ts'
import type { Input } from './inputs.ts'
import { openTable, rowError } from './table.ts'

/** A row as the table has it. */
export interface RawRow {
  readonly file: string
  /** From 1 on, without the header. */
  readonly row: number
  readonly values: Readonly<Partial<Record<Field, string>>>
}

/**
 * Reads a file to its end without keeping anything, to see that all of it can be read.
 * @returns how many rows there are, one at least
 * @throws {PipelineError} ERR_COLUMNS when text or label is missing, ERR_INPUT when there is nothing but a header, ERR_ROW naming the first row or line that cannot be read
 */
export async function countRows (input: Input, columns: Columns): Promise<number> {
  return await withDuckDb(async connection => {
    const { source, values } = await select(connection, input, columns)
    const result = await connection.runAndReadAll(`SELECT count(*), ${values.map(value => `count(${value})`).join(', ')} FROM ${source}`)
      .catch(async error => { throw await rowError(input, error) })
    const count = Number(result.getRows()[0]![0])
    if (count === 0) throw new PipelineError('ERR_INPUT', `${input.path} has no rows`, { exitCode: EXIT.data })
    return count
  })
}

/**
 * Reads a file row by row, in chunks of DuckDB's, in the order of the file.
 * @param expected what `countRows` gave: a stream of DuckDB's ends without an error where a row is broken
 * @throws {PipelineError} ERR_COLUMNS, ERR_ROW
 */
export async function readRows (input: Input, columns: Columns, expected: number, use: (row: RawRow) => void): Promise<void> {
  await withDuckDb(async connection => {
    const { fields, source, values } = await select(connection, input, columns)
    const result = await connection.stream(`SELECT ${values.join(', ')} FROM ${source}`).catch(async error => { throw await rowError(input, error) })
    let row = 0
    for await (const chunk of result.yieldRows()) {
      for (const cells of chunk) {
        const present = fields.flatMap((field, index) => typeof cells[index] === 'string' ? [[field, cells[index]]] : [])
        use({ file: input.path, row: ++row, values: Object.fromEntries(present) })
      }
    }
    if (row !== expected) throw new PipelineError('ERR_ROW', `${input.path} changed while it was read: ${row} rows instead of ${expected}`, { exitCode: EXIT.data })
  })
}

/** What is read of a file: its fields, and where from in SQL. */
async function select (connection: DuckDBConnection, input: Input, named: Columns): Promise<{ fields: Field[], values: string[], source: string }> {
  const columns = input.ofVersion ? OWN_COLUMNS : named
  const table = await openTable(connection, input)
  const missing = REQUIRED.map(field => columns[field]).filter(column => !table.columns.includes(column))
  if (missing.length) {
    throw new PipelineError('ERR_COLUMNS', `${input.path} has no column ${missing.join(' and no column ')}, only ${table.columns.join(', ')}. ` +
      'Say which they are, for example: --columns text=message,label=desk', { exitCode: EXIT.data })
  }
  // Of JSON lines, each may have other fields than the first ones, so all are asked for.
  const fields = FIELDS.filter(field => input.format === 'jsonl' || table.columns.includes(columns[field]))
  return {
    fields,
    values: fields.map(field => `CAST(${quotedName(columns[field])} AS VARCHAR)`),
    source: table.source(fields.map(field => columns[field]))
  }
}
