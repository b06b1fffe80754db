import { createHash } from 'node:crypto'
import { countWords } from '../data/checks.ts'
import { fold } from '../data/folding.ts'
import { MAX_TEXTS, SimilarityIndex } from '../data/similarity.ts'
import { showProgress } from '../progress.ts'
import { EXIT, PipelineError } from '../step.ts'
import type { Columns } from './columns.ts'
import { type ExampleRules, makeExample } from './example.ts'
import type { Input } from './inputs.ts'
import { countRows, readRows } from './read-rows.ts'
import type { Rejected, Row, RowReference } from './rows.ts'
import type { Spool } from './spool.ts'

export interface ReadExamples {
  readonly rows: Row[]
  readonly rejected: Rejected[]
  readonly index: SimilarityIndex
  /** Labels that are none of the taxonomy, and the rows that have them. */
  readonly unknownLabels: Map<string, RowReference[]>
  readonly changed: { cleaned: number, redacted: number }
  readonly redaction: Record<string, number>
  /** Rows of each input, in order. */
  readonly counts: readonly number[]
}

/**
 * Reads all inputs into the spool and the index: every row becomes an example or a reason.
 * @throws {PipelineError} ERR_TOO_MANY_ROWS, and what `countRows` throws
 */
export async function readExamples (inputs: readonly Input[], columns: Columns, rules: ExampleRules, spool: Spool): Promise<ReadExamples> {
  const counts: number[] = []
  for (const input of inputs) counts.push(await countRows(input, columns))
  const progress = showProgress('reading', counts.reduce((sum, count) => sum + count, 0))
  const read: ReadExamples = { rows: [], rejected: [], index: new SimilarityIndex(), unknownLabels: new Map(), changed: { cleaned: 0, redacted: 0 }, redaction: {}, counts }
  let done = 0
  for (const [index, input] of inputs.entries()) {
    await readRows(input, columns, counts[index]!, raw => {
      progress(++done)
      const { file, row } = raw
      const made = makeExample(raw, rules)
      if ('reason' in made) {
        read.rejected.push({ file, row, reason: made.reason })
        if (made.reason === 'unknown_label') addTo(read.unknownLabels, raw.values.label!, { file, row })
        return
      }
      if (read.rows.length === MAX_TEXTS) throw new PipelineError('ERR_TOO_MANY_ROWS', `More than ${MAX_TEXTS} rows: take a sample, or the newest`, { exitCode: EXIT.data })
      const { example: { text, style, channel, ...kept }, given, cleaned, redacted, found } = made
      read.rows.push({ number: spool.size, file, row, customer: undefined, createdAt: undefined, ...kept, given, length: text.length, words: countWords(text), key: keyOf(text) })
      spool.add(made.example)
      read.index.add(text)
      if (cleaned) read.changed.cleaned++
      if (redacted) read.changed.redacted++
      for (const [kind, count] of Object.entries(found)) read.redaction[kind] = (read.redaction[kind] ?? 0) + count
    })
  }
  return read
}

/** 72 bits of the digest of what two texts are compared by: of 2 million, two are the same by chance once in a billion runs. */
function keyOf (text: string): string {
  return createHash('sha256').update(fold(text)).digest('base64').slice(0, 12)
}

function addTo (groups: Map<string, RowReference[]>, key: string, row: RowReference): void {
  const group = groups.get(key)
  if (group) group.push(row)
  else groups.set(key, [row])
}
