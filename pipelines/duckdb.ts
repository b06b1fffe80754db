import { PipelineError } from './step.ts'

export interface Database {
  run(sql: string): Promise<void>
  /** The first row, by column. */
  row(sql: string): Promise<Record<string, unknown>>
}

/**
 * Opens an empty database in memory for as long as `work` takes.
 * @throws {PipelineError} ERR_PACKAGE_MISSING
 */
export async function withDatabase<Result> (work: (database: Database) => Promise<Result>): Promise<Result> {
  const { DuckDBInstance } = await import('@duckdb/node-api').catch(cause => {
    throw new PipelineError('ERR_PACKAGE_MISSING', 'This step needs the package @duckdb/node-api: npm install @duckdb/node-api', { cause })
  })
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  try {
    return await work({
      run: async sql => { await connection.run(sql) },
      row: async sql => (await connection.runAndReadAll(sql)).getRowObjectsJS()[0] ?? {}
    })
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
