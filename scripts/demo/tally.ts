import type { Decision } from '../../adapter/client/index.ts'

export interface Totals {
  readonly sent: number
  readonly classified: number
  readonly manual: number
  /** Manual decisions by reason in words, the most frequent first. */
  readonly reasons: ReadonlyArray<readonly [reason: string, count: number]>
  /** Decision times in milliseconds of the most recent decisions; undefined before the first. */
  readonly p50?: number
  readonly p99?: number
  /** Decisions a second, lately. */
  readonly perSecond: number
}

const RECENT = 5_000
const WINDOW_MS = 10_000

/** Counts what was sent and decided. */
export class Tally {
  readonly #startedAt: number
  readonly #reasons = new Map<string, number>()
  #recent: Array<{ readonly at: number, readonly milliseconds: number }> = []
  #sent = 0
  #classified = 0
  #manual = 0

  /** @param now of a clock that never goes back, in milliseconds, as all other times here */
  constructor (now: number) {
    this.#startedAt = now
  }

  sent (): void { this.#sent++ }

  decided (decision: Decision, { at, milliseconds }: { at: number, milliseconds: number }): void {
    if (this.#recent.length === 2 * RECENT) this.#recent = this.#recent.slice(RECENT)
    this.#recent.push({ at, milliseconds })
    if (decision.decision === 'classified') {
      this.#classified++
    } else {
      const reason = reasonOf(decision)
      this.#manual++
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
    }
  }

  totals (now: number): Totals {
    const times = this.#recent.slice(-RECENT).map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
    const quantile = (share: number) => times[Math.ceil(share * times.length) - 1]!
    const window = Math.min(WINDOW_MS, now - this.#startedAt)
    return {
      sent: this.#sent,
      classified: this.#classified,
      manual: this.#manual,
      reasons: [...this.#reasons].sort(([, a], [, b]) => b - a),
      ...(times.length > 0 && { p50: quantile(0.5), p99: quantile(0.99) }),
      perSecond: window > 0 ? this.#recent.filter(({ at }) => at > now - window).length / window * 1e3 : 0
    }
  }
}

/** The reason of a manual decision in words, and who decided where it was not the adapter. */
export function reasonOf ({ reason, source }: Pick<Decision, 'reason' | 'source'>): string {
  const words = (reason ?? 'manual').replaceAll('_', ' ').replace('api', 'API')
  return source === 'client' ? `${words} (by the app)` : words
}
