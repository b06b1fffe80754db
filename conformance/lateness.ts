import type { Outage } from './outage.ts'
import type { ResultRecord } from './result-record.ts'
import type { SentRecord } from './sent-record.ts'

interface Decided { readonly sent: SentRecord, readonly result: ResultRecord }

export interface LatenessOptions {
  /** Every decided inquiry with its first result. */
  readonly decided: readonly Decided[]
  readonly results: readonly ResultRecord[]
  readonly outages: readonly Outage[]
  readonly toleranceMs: number
}

export interface Lateness {
  readonly excused: ReadonlySet<SentRecord>
  readonly unexcused: readonly SentRecord[]
  readonly classified: readonly SentRecord[]
  readonly onTheWire: readonly SentRecord[]
}

/**
 * Which decisions could be read too late. What was expired when Kafka took it cannot be late, but may no longer be
 * `classified`. Lateness is excused where Kafka could not be written to at the deadline, up to the end of the recovery.
 */
export function lateness ({ decided, results, outages, toleranceMs }: LatenessOptions): Lateness {
  const afterDeadline = decided.filter(({ sent, result }) => result.appendedAt > sent.deadline + toleranceMs)
  const late = afterDeadline.filter(({ sent }) => sent.deadline > sent.availableAt)
  const excused = new Set(late.filter(decided => outages.some(outage => excuses(outage, decided, toleranceMs))).map(({ sent }) => sent))
  const classified = afterDeadline.filter(({ result }) => result.decision!.decision === 'classified')
  const firstAppends = outages.map(outage => firstAppendOfEachPartition(results, outage))
  const onTheWire = classified.filter(({ sent, result }) => Date.parse(result.decision!.decidedAt) <= sent.deadline &&
    firstAppends.some(first => first.get(result.partition) === result.appendedAt))
  return {
    excused,
    unexcused: late.filter(({ sent }) => !excused.has(sent)).map(({ sent }) => sent),
    classified: classified.map(({ sent }) => sent),
    onTheWire: onTheWire.map(({ sent }) => sent)
  }
}

/** A decision that was due just before the outage may still have been on its way to the broker. */
function excuses ({ from, to, recoveryMs }: Outage, { sent: { deadline }, result: { appendedAt } }: Decided, toleranceMs: number): boolean {
  const over = to + recoveryMs
  return deadline >= from - toleranceMs && deadline <= over && appendedAt <= over + toleranceMs
}

/**
 * When each partition was first appended to after an outage. The broker stamps all records of a request alike, so this
 * time stands for the one request that was on the wire when it fell silent.
 */
function firstAppendOfEachPartition (results: readonly ResultRecord[], { appendsFrom }: Outage): Map<number, number> {
  const first = new Map<number, number>()
  for (const { partition, appendedAt } of results) {
    if (appendedAt >= appendsFrom) first.set(partition, Math.min(appendedAt, first.get(partition) ?? Infinity))
  }
  return first
}
