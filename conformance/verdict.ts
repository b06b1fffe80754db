import { type DeadLetter, type DeadLetterCounts, judgeDeadLetters } from './dead-letter.ts'
import { findOutOfOrder } from './key-order.ts'
import { lateness } from './lateness.ts'
import type { Outage } from './outage.ts'
import type { ResultRecord } from './result-record.ts'
import type { SentRecord } from './sent-record.ts'

/** All that a run left behind. */
export interface Observation {
  readonly sent: readonly SentRecord[]
  readonly results: readonly ResultRecord[]
  readonly deadLetters: readonly DeadLetter[]
  readonly outages: readonly Outage[]
  /** How long after its deadline a decision may be readable. @default LATENESS_MS */
  readonly latenessMs?: number
}

/** How a decision came about: `answered` is whatever the API decided, otherwise why it was not asked or not heard. */
export type Outcome = 'answered' | 'timeout' | 'api_unavailable' | 'invalid'

/** Counts are of inquiries (ids), unless they say otherwise; times in milliseconds. */
export interface Verdict {
  /** Records sent, poison included. */
  readonly sent: number
  /** No decision at all. */
  readonly missing: number
  /** More than one record, all alike. */
  readonly duplicated: number
  /** Records that differ in decision, category or reason. */
  readonly contradictory: number
  /** Decided otherwise than the API answers on this text, or a good inquiry called invalid, or poison not. */
  readonly wrong: number
  /** Result records that do not match the contract or bear another key than their inquiry. */
  readonly malformed: number
  /** Result records on inquiries that were never sent. */
  readonly unknown: number
  readonly late: {
    /** The deadline lay in a time in which Kafka could not be written to, or in the recovery after it. */
    readonly excused: number
    readonly unexcused: number
    /** Longest time past its deadline of an unexcused one. */
    readonly longestMs: number
    /** Late and yet `classified`, where it should have become manual. */
    readonly classified: number
    /** Of these, what was in a produce request on the wire when Kafka fell silent: nobody could call it back. */
    readonly onTheWire: number
  }
  /** Deadline over when Kafka took the inquiry: cannot be late, must be manual. */
  readonly expired: number
  /** From the inquiry's timestamp to when the decision could be read, of those not expired. */
  readonly decisionMs: { readonly p50: number, readonly p99: number }
  /** From the deadline to when `manual`/`timeout` could be read, of those neither expired nor excused. */
  readonly timeoutDelayMs: { readonly p50: number, readonly p99: number }
  /** First to last decision. */
  readonly decisionsPerSecond: number
  /** By decision and reason, as `classified` or `manual/timeout`. */
  readonly decisions: Readonly<Record<string, number>>
  /** Of the readable inquiries in the order sent. */
  readonly outcomes: ReadonlyArray<Outcome | undefined>
  readonly deadLetters: DeadLetterCounts
  /** Decisions that were written before the one sent just before with the same key. */
  readonly brokenOrder: number
  /** The same at the deadline, where a decision must not wait for another one any more. */
  readonly overtakenAtDeadline: number
  /** Some ids of each fault. */
  readonly examples: Readonly<Record<'missing' | 'contradictory' | 'wrong' | 'unexcused' | 'classifiedLate' | 'brokenOrder', readonly string[]>>
}

/** A decision may be readable so long after its deadline: the timer, one produce request, the disk. */
export const LATENESS_MS = 250

const MOST_EXAMPLES = 3

const API_REASONS: ReadonlySet<string | null> = new Set(['low_confidence', 'out_of_scope'])

/** Compares what was sent with what came of it. Knows nothing of Kafka, clocks or processes. */
export function judge ({ sent, results, deadLetters, outages, latenessMs = LATENESS_MS }: Observation): Verdict {
  const readable = sent.filter(({ id }) => id !== undefined)
  const byId = new Map(readable.map(record => [record.id!, record]))
  const found = resultsById(results)
  const first = (record: SentRecord) => found.get(record.id!)?.[0]
  const decided = readable.filter(first)
  const inTime = decided.filter(record => !isExpired(record))
  const several = [...found.values()].filter(([, second]) => second)
  const contradictory = several.filter(([one, ...others]) => others.some(other => content(other) !== content(one!)))
  const missing = readable.filter(record => !first(record))
  const late = lateness({ decided: decided.map(record => ({ sent: record, result: first(record)! })), results, outages, toleranceMs: latenessMs })
  const times = inTime.map(record => first(record)!.appendedAt - record.sentAt)
  const timeouts = inTime.filter(record => first(record)!.decision!.reason === 'timeout' && !late.excused.has(record)).map(record => first(record)!.appendedAt - record.deadline)
  const appended = decided.map(record => first(record)!.appendedAt).sort((a, b) => a - b)
  const dead = judgeDeadLetters(sent, deadLetters)
  const wrong = decided.filter(record => isWrong(record, first(record)!, dead.numbers))
  const outOfOrder = findOutOfOrder(readable, first)
  const brokenOrder = outOfOrder.filter(record => first(record)!.appendedAt < record.deadline)
  return {
    sent: sent.length,
    missing: missing.length,
    duplicated: several.length - contradictory.length,
    contradictory: contradictory.length,
    wrong: wrong.length,
    malformed: results.filter(({ decision, key }) => !decision || (byId.has(decision.id) && byId.get(decision.id)!.key !== key)).length,
    unknown: results.filter(({ decision }) => decision && !byId.has(decision.id)).length,
    late: { excused: late.excused.size, unexcused: late.unexcused.length, longestMs: late.unexcused.reduce((longest, record) => Math.max(longest, first(record)!.appendedAt - record.deadline), 0), classified: late.classified.length, onTheWire: late.onTheWire.length },
    expired: readable.filter(isExpired).length,
    decisionMs: { p50: quantile(times, 0.5), p99: quantile(times, 0.99) },
    timeoutDelayMs: { p50: quantile(timeouts, 0.5), p99: quantile(timeouts, 0.99) },
    decisionsPerSecond: decided.length / Math.max(1, (appended.at(-1) ?? 0) - (appended[0] ?? 0)) * 1e3,
    decisions: countDecisions(decided.map(record => first(record)!)),
    outcomes: sent.filter(({ outcome }) => outcome === 'decision').map(record => outcomeOf(first(record))),
    deadLetters: dead.counts,
    brokenOrder: brokenOrder.length,
    overtakenAtDeadline: outOfOrder.length - brokenOrder.length,
    examples: {
      missing: examplesOf(missing),
      contradictory: contradictory.slice(0, MOST_EXAMPLES).map(([one]) => one!.decision!.id),
      wrong: examplesOf(wrong),
      unexcused: examplesOf(late.unexcused),
      classifiedLate: examplesOf(late.classified.filter(record => !late.onTheWire.includes(record))),
      brokenOrder: examplesOf(brokenOrder)
    }
  }
}

/** Results of each id, in the order of their partition; those of several partitions in the order of their time. */
function resultsById (results: readonly ResultRecord[]): Map<string, ResultRecord[]> {
  const found = new Map<string, ResultRecord[]>()
  for (const result of results) {
    if (!result.decision) continue
    const list = found.get(result.decision.id)
    if (list) list.push(result)
    else found.set(result.decision.id, [result])
  }
  for (const list of found.values()) {
    if (list.length > 1) list.sort((a, b) => a.partition === b.partition ? a.offset - b.offset : a.appendedAt - b.appendedAt)
  }
  return found
}

function isExpired ({ deadline, availableAt }: SentRecord): boolean {
  return deadline <= availableAt
}

function content ({ decision }: ResultRecord): string {
  return `${decision!.decision} ${decision!.category} ${decision!.reason}`
}

function outcomeOf (result: ResultRecord | undefined): Outcome | undefined {
  if (!result?.decision) return undefined
  const { decision, reason } = result.decision
  return decision === 'classified' || API_REASONS.has(reason) ? 'answered' : reason as Outcome
}

function isWrong ({ outcome, category, number }: SentRecord, result: ResultRecord, deadLetters: ReadonlySet<number>): boolean {
  const actual = outcomeOf(result)
  if (outcome === 'invalid') return actual !== 'invalid'
  if (actual === 'invalid') return outcome === 'decision' || !deadLetters.has(number)
  return actual === 'answered' && category !== undefined && result.decision!.category !== category
}

function countDecisions (results: readonly ResultRecord[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { decision } of results) {
    const name = decision!.reason === null ? decision!.decision : `${decision!.decision}/${decision!.reason}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

function examplesOf (records: readonly SentRecord[]): string[] {
  return records.slice(0, MOST_EXAMPLES).map(({ id }) => id!)
}

/** The value below which a share of the values lies; NaN of none. */
function quantile (values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}
