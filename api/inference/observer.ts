import type { LossReason } from './worker-pool.ts'

/** Why a text that waited was not run. */
export type DropReason = 'deadline' | 'abandoned'

/** Times of one classification, in milliseconds: the one record that feeds log, histogram and `Server-Timing`. */
export interface Stages {
  readonly tokenizeMs: number
  readonly queueMs: number
  readonly modelMs: number
  readonly postprocessMs: number
}

/** What inference tells of itself; it knows neither metrics nor logs. */
export interface InferenceObserver {
  dropped(reason: DropReason): void
  workerLost(reason: LossReason, error: Error | undefined): void
}
