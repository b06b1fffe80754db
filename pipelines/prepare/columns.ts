import { usageError } from '../step.ts'

/** What a table may say of an inquiry; `text` and `label` it must. */
export const FIELDS = ['id', 'text', 'label', 'subject', 'language', 'locale', 'style', 'channel', 'customer', 'createdAt', 'split'] as const
export type Field = typeof FIELDS[number]
export const REQUIRED = ['text', 'label'] as const satisfies readonly Field[]

/** The column of each field in the tables. */
export type Columns = Readonly<Record<Field, string>>

/** As in the files of a data-set version. */
export const OWN_COLUMNS = Object.fromEntries(FIELDS.map(field => [field, field])) as Record<Field, string>

/**
 * Reads `text=message,label=desk`; fields that are not named have columns of their own name.
 * @throws {PipelineError} ERR_USAGE
 */
export function parseColumns (mapping = ''): Columns {
  const columns = { ...OWN_COLUMNS }
  for (const entry of mapping.split(',').filter(Boolean)) {
    const [field = '', column = ''] = entry.split('=').map(part => part.trim())
    if (!isField(field) || !column) throw usageError(`--columns: ${entry} is not FIELD=COLUMN; fields are ${FIELDS.join(', ')}`)
    columns[field] = column
  }
  return columns
}

function isField (name: string): name is Field {
  return FIELDS.some(field => field === name)
}
