import { groupBy } from '../data/checks/check.ts'
import { SAME_TEXT, type SimilarityIndex } from '../data/similarity.ts'
import { UnionFind } from '../data/union-find.ts'
import { EXIT, PipelineError } from '../step.ts'
import { type Rejected, type Row, reference } from './rows.ts'

/** What becomes of equal texts with different labels. */
export const CONFLICT_RULES = ['reject', 'newest', 'fail'] as const
export type ConflictRule = typeof CONFLICT_RULES[number]

/** Of equal texts in several given splits the one is kept that is measured with. */
const PRECEDENCE = ['test', 'validation', 'train']

export interface DeduplicateOptions {
  readonly onConflict: ConflictRule
  readonly index: SimilarityIndex
  readonly textOf: (item: number) => string
}

/**
 * Leaves one row of each text: of those that are equal but for case, marks and punctuation, and of those with one label
 * whose similarity is at least SAME_TEXT. Equal texts with different labels teach nothing and are all left out, or
 * the newest is kept.
 * @throws {PipelineError} ERR_CONFLICT with the rule `fail`
 */
export function deduplicate (rows: readonly Row[], { onConflict, index, textOf }: DeduplicateOptions): { kept: Row[], rejected: Rejected[] } {
  const rejected: Rejected[] = []
  const reject = (row: Row, reason: Rejected['reason'], sameAs: Row) => rejected.push({ ...reference(row), reason, sameAs: reference(sameAs) })
  const inOrder = [...rows].sort((a, b) => PRECEDENCE.indexOf(a.given ?? '') - PRECEDENCE.indexOf(b.given ?? '') || a.number - b.number)

  const kept: Row[] = []
  for (const group of groupBy(inOrder, ({ key }) => key).values()) {
    const [first] = group as [Row]
    const contradictory = group.some(({ label }) => label !== first.label)
    if (contradictory && onConflict === 'fail') throw conflict(group)
    const chosen = contradictory ? onConflict === 'newest' ? newest(group) : undefined : first
    if (chosen) kept.push(chosen)
    for (const row of group) {
      if (row !== chosen) reject(row, contradictory ? 'contradictory_label' : 'duplicate', chosen ?? group.find(({ label }) => label !== row.label)!)
    }
  }

  const groups = new UnionFind(index.size)
  for (const [a, b] of index.pairs(textOf, SAME_TEXT, kept.map(({ number }) => number))) groups.join(a, b)
  const different: Row[] = []
  for (const [first, ...others] of groupBy(kept, ({ number, label }) => `${groups.find(number)} ${label}`).values()) {
    different.push(first!)
    for (const row of others) reject(row, 'near_duplicate', first!)
  }
  return { kept: different.sort((a, b) => a.number - b.number), rejected }
}

/** The one that was written last; none when two with different labels were, or no time is known. */
function newest (group: readonly Row[]): Row | undefined {
  const last = group.map(({ createdAt = '' }) => createdAt).reduce((latest, time) => time > latest ? time : latest)
  const candidates = group.filter(({ createdAt }) => last !== '' && createdAt === last)
  return candidates.every(({ label }) => label === candidates[0]!.label) ? candidates[0] : undefined
}

function conflict (group: readonly Row[]): PipelineError {
  const rows = group.map(({ file, row, label }) => `${file}:${row} (${label})`).join(', ')
  return new PipelineError('ERR_CONFLICT', `One text has several labels: ${rows}`, { exitCode: EXIT.data })
}
