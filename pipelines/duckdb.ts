import type { DuckDBConnection } from '@duckdb/node-api'
import { PipelineError } from './step.ts'

/** Memory that DuckDB may take; files of any size are read in chunks. */
const MEMORY_LIMIT = '512MB'

/**
 * Runs `use` with a DuckDB in memory: one thread, so that rows come in the order of the file, and without a network.
 * @throws {PipelineError} ERR_DUCKDB_MISSING
 */
export async function withDuckDb<Result> (use: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
  const { DuckDBInstance } = await import('@duckdb/node-api').catch((cause: unknown) => {
    throw new PipelineError('ERR_DUCKDB_MISSING', 'Reading tables needs the package @duckdb/node-api: npm install @duckdb/node-api', { cause })
  })
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1', memory_limit: MEMORY_LIMIT, autoinstall_known_extensions: 'false', autoload_known_extensions: 'false'
  })
  const connection = await instance.connect()
  try {
    return await use(connection)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** A text as SQL writes it. */
export function quoted (text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A name as SQL writes it. */
export function quotedName (name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
