import { type PiiKind, findPii, redactText } from '../redact/redact.ts'
import { EXIT, PipelineError } from '../step.ts'
import { coarsen } from './coarse-time.ts'
import { type Level, generalise } from './k-anonymity.ts'
import { PSEUDONYM, type Pseudonymize } from './pseudonyms.ts'
import { rareIdentifiers } from './rare-identifiers.ts'
import { type SourceRecord, dataError } from './records.ts'

/** A record as it leaves. */
export interface ExportedRecord {
  readonly id: string
  readonly text: string
  readonly subject?: string
  readonly label?: string
  readonly language?: string
  readonly style?: string
  readonly channel?: string
  readonly customer?: string
  /** A day, week, month in UTC. */
  readonly createdAt?: string
}

export interface ExportOptions {
  readonly k: number
  readonly pseudonymize: Pseudonymize
  readonly onProgress?: (done: number) => void
}

export interface Exported {
  readonly rows: Array<{ readonly file: string, readonly record: ExportedRecord }>
  /** How many of each kind were replaced, in what was written and what was left out. */
  readonly redacted: Partial<Record<PiiKind, number>>
  /** Records by how much is told of them. */
  readonly levels: Partial<Record<Level['name'], number>>
  readonly leftOut: { own_identifier: number, rare_identifier: number, rare_group: number }
}

interface Redacted extends Omit<SourceRecord, 'createdAt'> {
  /** Subject and text, as rare words are looked for. */
  readonly whole: string
  readonly person: string
  readonly time: Date | undefined
}

/** Soft hyphens, zero-width and direction marks: they hide a number from the eye of a pattern. */
const INVISIBLE = /[\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g
/** An id of so few characters is found in texts by chance. */
const SHORTEST_OWN_IDENTIFIER = 4

/**
 * Makes records fit for an environment where no customer may be known: redacts, pseudonymises, coarsens, leaves out what is rare.
 * @throws {PipelineError} ERR_DATA for a time that is none; ERR_PII_REMAINS, naming the rows
 */
export function exportRecords (records: readonly SourceRecord[], { k, pseudonymize, onProgress }: ExportOptions): Exported {
  const redactions: Partial<Record<PiiKind, number>> = {}
  const redacted = records.map((record, index): Redacted => {
    onProgress?.(index + 1)
    return redact(record, redactions)
  })
  const named = redacted.filter(record => !namesItself(record))
  const rare = rareIdentifiers(named.map(({ whole: text, person }) => ({ text, person })), k)
  const common = named.filter((_, index) => !rare[index])
  const levels = generalise(common, k)
  const rows = common.flatMap((record, index) => {
    const level = levels[index]
    return level ? [{ file: record.file, row: record.row, record: written(record, level, pseudonymize) }] : []
  })
  refuseRemains(rows)
  return {
    rows: rows.map(({ file, record }) => ({ file, record })).sort((a, b) => a.record.id < b.record.id ? -1 : 1), // the order tells no time
    redacted: redactions,
    levels: countLevels(levels),
    leftOut: { own_identifier: records.length - named.length, rare_identifier: named.length - common.length, rare_group: common.length - rows.length }
  }
}

function redact (record: SourceRecord, redactions: Partial<Record<PiiKind, number>>): Redacted {
  const clean = (text: string) => {
    const { text: redacted, found } = redactText(text.normalize('NFC').replace(INVISIBLE, ''))
    for (const [kind, count] of Object.entries(found)) if (count) redactions[kind as PiiKind] = (redactions[kind as PiiKind] ?? 0) + count
    return redacted
  }
  const { createdAt, subject, language, locale, ...rest } = record
  const time = createdAt === undefined ? undefined : new Date(createdAt)
  if (time && Number.isNaN(time.getTime())) throw dataError(`${record.row}: createdAt is no time`)
  const text = clean(record.text)
  const cleanSubject = subject === undefined ? undefined : clean(subject)
  return {
    ...rest,
    text,
    ...(cleanSubject !== undefined && { subject: cleanSubject }),
    // de-AT tells more than the language.
    ...(language === undefined && locale === undefined ? {} : { language: (language ?? locale)!.split(/[-_]/)[0]! }),
    whole: `${cleanSubject ?? ''}\n${text}`,
    person: record.customer ?? `record ${record.id}`,
    time
  }
}

/** Whether its own id or customer number stands in its text. */
function namesItself ({ whole, id, customer }: Redacted): boolean {
  const text = whole.toLowerCase()
  return [id, customer].some(value => value !== undefined && value.length >= SHORTEST_OWN_IDENTIFIER && text.includes(value.toLowerCase()))
}

function written ({ id, text, subject, label, language, style, channel, customer, time }: Redacted, level: Level, pseudonymize: Pseudonymize): ExportedRecord {
  const createdAt = time && coarsen(time, level.time)
  return {
    id: pseudonymize('id', id),
    text,
    ...(subject !== undefined && { subject }),
    ...(label !== undefined && { label }),
    ...(language !== undefined && { language }),
    ...(style !== undefined && { style }),
    ...(level.channel && channel !== undefined && { channel }),
    ...(customer !== undefined && { customer: pseudonymize('customer', customer) }),
    ...(createdAt !== undefined && { createdAt })
  }
}

/** The last look, at what would be written, in every field. */
function refuseRemains (rows: ReadonlyArray<{ row: string, record: ExportedRecord }>): void {
  const remains = rows.flatMap(({ row, record }) => Object.entries(record).flatMap(([field, value]: [string, string]) => {
    if (field === 'id' || field === 'customer') return PSEUDONYM.test(value) ? [] : [`${row}: ${field} is no pseudonym`]
    return [...new Set(findPii(value).map(({ kind }) => kind))].map(kind => `${row}: ${kind} in ${field}`)
  }))
  if (!remains.length) return
  throw new PipelineError('ERR_PII_REMAINS', `Personal data remain in ${remains.length} places, so nothing was written:\n${remains.slice(0, 50).join('\n')}`, { exitCode: EXIT.data })
}

function countLevels (levels: ReadonlyArray<Level | undefined>): Exported['levels'] {
  const counts: Exported['levels'] = {}
  for (const level of levels) if (level) counts[level.name] = (counts[level.name] ?? 0) + 1
  return counts
}
