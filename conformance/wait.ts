import { setTimeout as sleep } from 'node:timers/promises'

export interface WaitOptions {
  /** What is waited for, as it reads after "Waited 30 s for". */
  readonly what: string
  readonly limitMs: number
  /** Ends the wait with an `AbortError`. */
  readonly signal: AbortSignal
  /** @default 50 */
  readonly everyMs?: number
}

/** Asks again and again until there is an answer. */
export async function waitFor<T> (probe: () => T | undefined | Promise<T | undefined>, { what, limitMs, signal, everyMs = 50 }: WaitOptions): Promise<T> {
  const giveUpAt = performance.now() + limitMs
  while (true) {
    signal.throwIfAborted()
    const answer = await probe()
    if (answer !== undefined) return answer
    if (performance.now() > giveUpAt) throw new Error(`Waited ${limitMs / 1e3} s for ${what}`)
    await sleep(everyMs, undefined, { signal })
  }
}

/** The same for something that is so or not. */
export async function waitUntil (isSo: () => boolean | Promise<boolean>, options: WaitOptions): Promise<void> {
  await waitFor(async () => await isSo() || undefined, options)
}

/** Ends a wait that has no end of its own. */
export async function withLimit<T> (promise: Promise<T>, { what, limitMs, signal }: WaitOptions): Promise<T> {
  const done = new AbortController()
  try {
    return await Promise.race([promise, sleep(limitMs, undefined, { signal: AbortSignal.any([signal, done.signal]) }).then(() => {
      throw new Error(`Waited ${limitMs / 1e3} s for ${what}`)
    })])
  } finally {
    done.abort()
  }
}
