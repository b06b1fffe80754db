import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { DeadLetterCode, DecisionMessage } from '../openapi/index.ts'
import type { AdapterStatus, BreakerState } from './health/status.ts'

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 3, 5, 7.5, 10, 15, 30, 60, 300]
/** Finest around zero: how far after its deadline a decision was made. */
const SLACK_SECONDS = [-60, -10, -5, -2, -1, -0.5, -0.2, -0.1, -0.05, -0.02, -0.01, 0, 0.1, 0.5, 1, 2, 5, 7.5, 9, 9.5, 9.9, 10, 30]
const BREAKER_VALUES: Record<BreakerState, number> = { closed: 0, half_open: 0.5, open: 1 }

interface Decided extends Pick<DecisionMessage, 'decision' | 'reason'> {
  /** What was left until the deadline; negative: the decision was late. */
  readonly slackSeconds: number
  /** From the inquiry's timestamp to its acknowledged result. */
  readonly seconds: number
}

/** The adapter's metrics (names in `docs/monitoring.md`). No label ever holds an id or a text. */
export function createAdapterMetrics () {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]

  const decisions = new Counter({ registers, name: 'inquiry_decisions_total', help: 'Decisions and, for manual ones, their reason.', labelNames: ['decision', 'reason'] })
  const slack = new Histogram({ registers, name: 'inquiry_deadline_slack_seconds', help: 'Time left until the deadline when the decision was acknowledged; negative: late.', buckets: SLACK_SECONDS })
  const decisionTime = new Histogram({ registers, name: 'inquiry_decision_seconds', help: 'From the inquiry\'s timestamp to its acknowledged result.', buckets: SECONDS })
  const late = new Counter({ registers, name: 'inquiry_late_answers_total', help: 'Answers of the API that came after the inquiry had been decided without them.' })
  const deadLetters = new Counter({ registers, name: 'inquiry_dead_letters_total', help: 'Records that could not be read.', labelNames: ['code'] })
  const duplicates = new Counter({ registers, name: 'inquiry_duplicate_inquiries_total', help: 'Inquiries whose id had been decided before.' })
  const duplicateResults = new Counter({ registers, name: 'inquiry_duplicate_results_total', help: 'Decisions that are in the result topic once more, found when a partition was taken over.' })
  const replays = new Counter({ registers, name: 'inquiry_replayed_total', help: 'Records read once more, after a crash or rebalance, whose decision was found.' })
  const attempts = new Counter({ registers, name: 'inquiry_classify_attempts_total', help: 'Requests to the API by outcome.', labelNames: ['outcome'] })
  const attemptTime = new Histogram({ registers, name: 'inquiry_classify_duration_seconds', help: 'Time of a request to the API.', buckets: SECONDS })
  const produceFailures = new Counter({ registers, name: 'inquiry_produce_failures_total', help: 'Attempts to send to a topic that failed and were made again.', labelNames: ['topic'] })

  return {
    registry,

    /** A decision is acknowledged by Kafka. */
    decided ({ decision, reason, slackSeconds, seconds }: Decided): void {
      decisions.inc({ decision, reason: reason ?? 'none' })
      slack.observe(slackSeconds)
      decisionTime.observe(seconds)
    },

    lateAnswer (): void { late.inc() },

    deadLetter (code: DeadLetterCode): void { deadLetters.inc({ code }) },

    /** An inquiry that has its decision: the same record read again, or another record of the same id. */
    repeated (kind: 'replay' | 'duplicate'): void { (kind === 'replay' ? replays : duplicates).inc() },

    /** A record's decision was found in the results topic once more. */
    duplicateResult (): void { duplicateResults.inc() },

    /** A request to the API is over. `outcome` is one of few words, as `ok`, `timeout` or the status. */
    attempted ({ outcome, seconds }: { readonly outcome: string, readonly seconds: number }): void {
      attempts.inc({ outcome })
      attemptTime.observe(seconds)
    },

    produceFailed (topic: string): void { produceFailures.inc({ topic }) },

    /** Shows what the adapter is doing at the moment of a scrape. */
    watch (status: AdapterStatus): void {
      const gauge = (name: string, help: string, value: () => number) => new Gauge({ registers, name, help, collect () { this.set(value()) } })
      gauge('inquiry_in_flight', 'Records that are read and not yet committed.', () => status.inFlight)
      gauge('inquiry_commit_age_seconds', 'For how long the oldest record has waited that was read and is not committed, or a partition could not be read at all.', () => status.commitAgeMs / 1e3)
      gauge('inquiry_assigned_partitions', 'Partitions that the adapter has.', () => status.assignedPartitions)
      gauge('inquiry_breaker_state', 'Circuit breaker in front of the API: 0 closed, 0.5 half open, 1 open.', () => BREAKER_VALUES[status.breaker])
      // eslint-disable-next-line no-new
      new Gauge({
        registers,
        name: 'inquiry_kafka_consumer_lag',
        help: 'Records that are not done with, read or not.',
        labelNames: ['topic', 'partition'],
        collect () {
          this.reset() // partitions that went to another adapter
          for (const { topic, partition, records } of status.lag) this.set({ topic, partition }, records)
        }
      })
    }
  }
}

export type AdapterMetrics = ReturnType<typeof createAdapterMetrics>
