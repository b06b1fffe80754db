/** What ends early when what it belongs to ends. */
export interface Stoppable { stop (): void }

/**
 * Stops calls when their signal aborts. Thousands may share one signal, so that it gets one listener for all of them,
 * and none while there are none.
 */
export class CallGroups {
  readonly #groups = new Map<AbortSignal, Set<Stoppable>>()

  join (signal: AbortSignal, call: Stoppable): void {
    const group = this.#groups.get(signal)
    if (group) {
      group.add(call)
      return
    }
    this.#groups.set(signal, new Set([call]))
    signal.addEventListener('abort', this.#onAbort)
  }

  leave (signal: AbortSignal, call: Stoppable): void {
    const group = this.#groups.get(signal)
    if (!group?.delete(call) || group.size > 0) return
    this.#groups.delete(signal)
    signal.removeEventListener('abort', this.#onAbort)
  }

  readonly #onAbort = (event: Event) => {
    for (const call of this.#groups.get(event.target as AbortSignal) ?? []) call.stop()
  }
}
