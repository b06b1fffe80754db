import { createHash } from 'node:crypto'
import { countWords } from '../data/checks.ts'
import { fold } from '../data/folding.ts'
import { MAX_TEXTS, SimilarityIndex } from '../data/similarity.ts'
import { EXIT, PipelineError } from '../step.ts'
import type { Columns } from './columns.ts'
import { type ExampleRules, makeExample } from './example.ts'
import type { Input } from './inputs.ts'
import { readRows } from './read-rows.ts'
import type { Rejected, Row } from './rows.ts'
import type { Spool } from './spool.ts'

export interface ReadExamples {
  readonly rows: Row[]
  readonly rejected: Rejected[]
  readonly index: SimilarityIndex
  /** Labels that are none of the taxonomy, and how often. */
  readonly unknownLabels: Map<string, number>
  readonly changed: { cleaned: number, redacted: number }
  readonly redaction: Record<string, number>
  /** Rows of each input, in order. */
  readonly counts: number[]
}

/**
 * Reads all inputs into the spool and the index: every row becomes an example or a reason.
 * @param onProgress called with the rows read so far
 * @throws {PipelineError} ERR_TOO_MANY_ROWS, and what `readRows` throws
 */
export async function readExamples (inputs: readonly Input[], columns: Columns, rules: ExampleRules, spool: Spool, onProgress: (done: number) => void): Promise<ReadExamples> {
  const read: ReadExamples = { rows: [], rejected: [], index: new SimilarityIndex(), unknownLabels: new Map(), changed: { cleaned: 0, redacted: 0 }, redaction: {}, counts: [] }
  let total = 0
  for (const input of inputs) {
    read.counts.push(await readRows(input, columns, raw => {
      onProgress(++total)
      const { file, row } = raw
      const made = makeExample(raw, rules)
      if ('reason' in made) {
        read.rejected.push({ file, row, reason: made.reason })
        if (made.reason === 'unknown_label') read.unknownLabels.set(raw.values.label!, (read.unknownLabels.get(raw.values.label!) ?? 0) + 1)
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
    }))
  }
  return read
}

/** 72 bits of the digest of what two texts are compared by: of 2 million, two are the same by chance once in a billion runs. */
function keyOf (text: string): string {
  return createHash('sha256').update(fold(text)).digest('base64').slice(0, 12)
}
