/** One measured run: tokens and milliseconds. */
export interface CostSample { readonly tokens: number, readonly ms: number }

/** Weight of the newest observation: the factor follows a change of load within some 20 runs. */
const SMOOTHING = 0.05

/**
 * Predicts how long the model computes on a text: a line through two warm-up runs, times a factor that follows the
 * observed times (exponentially weighted moving average), since neighbours on the machine slow everything alike.
 */
export class CostModel {
  #base = 0
  #perToken = 0.2
  #factor = 1

  /** Takes the line from a short and a long warm-up run. */
  calibrate (short: CostSample, long: CostSample): void {
    this.#perToken = Math.max(0.001, (long.ms - short.ms) / (long.tokens - short.tokens))
    this.#base = Math.max(0, short.ms - this.#perToken * short.tokens)
    this.#factor = 1
  }

  /** @returns milliseconds under the load of late */
  predict (tokens: number): number {
    return this.#factor * this.nominal(tokens)
  }

  observe ({ tokens, ms }: CostSample): void {
    this.#factor += SMOOTHING * (ms / this.nominal(tokens) - this.#factor)
  }

  /** @returns milliseconds under the load of the warm-up */
  nominal (tokens: number): number {
    return this.#base + this.#perToken * tokens
  }
}
