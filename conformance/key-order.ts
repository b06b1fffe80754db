import type { ResultRecord } from './result-record.ts'
import type { SentRecord } from './sent-record.ts'

/** Of neighbours with one key whose decisions came in another order than they were sent: the later one. */
export function findOutOfOrder (readable: readonly SentRecord[], first: (record: SentRecord) => ResultRecord | undefined): SentRecord[] {
  const last = new Map<string, ResultRecord>()
  return readable.filter(record => {
    const { key } = record
    const result = first(record)
    if (!result || key === null) return false
    const before = last.get(key)
    last.set(key, result)
    return before && (before.partition !== result.partition || before.offset > result.offset)
  })
}
