import { readdir } from 'node:fs/promises'
import type { DataLake, Kind } from './data-lake.ts'
import { quoted, withDuckDb } from '../duckdb.ts'

export interface Joined {
  readonly labelled: number
  /** Inquiries that no agent has settled yet. */
  readonly withoutCorrection: number
  /** Corrections of inquiries that the lake does not have. */
  readonly withoutInquiry: number
}

/**
 * Writes one JSON line for each inquiry that was corrected, with the fields that `prepare` reads, in the order of ids.
 * Of several records with one id the first inquiry and the last correction count.
 */
export async function joinLabels (lake: DataLake, out: string): Promise<Joined> {
  return await withDuckDb(async database => {
    await database.run(`
      create view inquiry as select value.*, timestamp from (
        select *, row_number() over (partition by value.id order by timestamp, "offset") as rank from ${await table(lake, 'inquiries', INQUIRY)}
      ) where rank = 1`)
    await database.run(`
      create view correction as select value.* from (
        select *, row_number() over (partition by value.id order by value.correctedAt desc, timestamp desc, "offset" desc) as rank from ${await table(lake, 'corrections', CORRECTION)}
      ) where rank = 1`)
    await database.run(`
      copy (
        select id, text, subject, category as label, split_part(locale, '-', 1) as language, channel,
          coalesce(createdAt, strftime(make_timestamp(timestamp * 1000), '%Y-%m-%dT%H:%M:%SZ')) as createdAt
        from inquiry join correction using (id) order by id
      ) to ${quoted(out)} (format json)`)
    const counts = await database.runAndReadAll(`
      select (select count(*) from inquiry join correction using (id)) as labelled,
        (select count(*) from inquiry anti join correction using (id)) as withoutCorrection,
        (select count(*) from correction anti join inquiry using (id)) as withoutInquiry`)
    const [row] = counts.getRowObjectsJS()
    return { labelled: Number(row!.labelled), withoutCorrection: Number(row!.withoutCorrection), withoutInquiry: Number(row!.withoutInquiry) }
  })
}

const INQUIRY = 'STRUCT(id VARCHAR, text VARCHAR, subject VARCHAR, locale VARCHAR, channel VARCHAR, createdAt VARCHAR)'
const CORRECTION = 'STRUCT(id VARCHAR, category VARCHAR, correctedAt VARCHAR)'

/** The records of a kind, as a table. */
async function table (lake: DataLake, kind: Kind, value: string): Promise<string> {
  if (!await hasFiles(lake, kind)) return `(select null::BIGINT as timestamp, null::BIGINT as "offset", null::${value} as value where false)`
  return `read_json(${quoted(lake.path(kind, '*.jsonl'))}, format = 'newline_delimited', columns = {topic: 'VARCHAR', partition: 'INTEGER', "offset": 'BIGINT', timestamp: 'BIGINT', value: '${value}'})`
}

async function hasFiles (lake: DataLake, kind: Kind): Promise<boolean> {
  return (await readdir(lake.path(kind))).some(name => name.endsWith('.jsonl') && !name.startsWith('.'))
}
