import { setTimeout as sleep } from 'node:timers/promises'

const PAUSE_MS = 500

export interface KeepTryingOptions {
  /** Ends the attempts; one that is under way is waited for. */
  readonly signal: AbortSignal
  readonly failed: (error: unknown) => void
}

/** Makes an attempt again and again until one succeeds. @returns whether one did before the signal */
export async function keepTrying (attempt: () => Promise<void>, { signal, failed }: KeepTryingOptions): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await attempt()
      return true
    } catch (error) {
      if (!signal.aborted) failed(error)
    }
    await sleep(PAUSE_MS * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {})
  }
  return false
}
