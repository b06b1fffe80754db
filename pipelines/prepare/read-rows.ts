import { EXIT, PipelineError } from '../step.ts'
import { type Columns, FIELDS, type Field, REQUIRED } from './columns.ts'
import { quotedName, withDuckDb } from './duckdb.ts'
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
 * Reads a file row by row, in chunks of DuckDB's, in the order of the file.
 * @returns how many rows there were
 * @throws {PipelineError} ERR_COLUMNS when text or label is missing, ERR_ROW naming the first row or line that cannot be read
 */
export async function readRows (input: Input, columns: Columns, use: (row: RawRow) => void): Promise<number> {
  return await withDuckDb(async connection => {
    const table = await openTable(connection, input)
    const missing = REQUIRED.map(field => columns[field]).filter(column => !table.columns.includes(column))
    if (missing.length) {
      throw new PipelineError('ERR_COLUMNS', `${input.path} has no column ${missing.join(' and no column ')}, only ${table.columns.join(', ')}. ` +
        'Say which they are, for example: --columns text=message,label=desk', { exitCode: EXIT.data })
    }
    const fields = FIELDS.filter(field => input.format === 'jsonl' || table.columns.includes(columns[field]))
    const selected = fields.map(field => `CAST(${quotedName(columns[field])} AS VARCHAR)`)
    const result = await connection.stream(`SELECT ${selected.join(', ')} FROM ${table.source(fields.map(field => columns[field]))}`).catch(async error => { throw await rowError(input, error) })
    let count = 0
    for (;;) {
      const chunk = await result.fetchChunk().catch(async error => { throw await rowError(input, error) })
      if (!chunk || chunk.rowCount === 0) return count
      for (const values of chunk.getRows()) {
        const present = fields.flatMap((field, index) => typeof values[index] === 'string' ? [[field, values[index]]] : [])
        use({ file: input.path, row: ++count, values: Object.fromEntries(present) })
      }
    }
  })
}
