import { syncBuiltinESMExports } from 'node:module'
import timersPromises from 'node:timers/promises'
import type { Test } from 'tap'

interface Timer { readonly at: number, readonly order: number, readonly run: () => void, readonly everyMs: number | undefined }

const START = Date.UTC(2026, 10, 23, 12)

/**
 * Time that passes only when a test says so: what takes minutes is over at once, and a busy machine changes nothing.
 * Replaces the timers, `Date.now`, `performance.now` and `AbortSignal.timeout` of the process until the test ends.
 */
export class VirtualClock {
  #passed = 0
  #wallOffset = 0
  #order = 0
  readonly #timers = new Map<object, Timer>()

  private constructor () {}

  static install (t: Pick<Test, 'teardown'>): VirtualClock {
    const clock = new VirtualClock()
    const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout, setInterval: globalThis.setInterval, clearInterval: globalThis.clearInterval }
    const realSleep = timersPromises.setTimeout
    const realNow = Date.now
    const realSignal = AbortSignal.timeout
    const clear = (handle: object) => { if (!clock.#timers.delete(handle)) real.clearTimeout(handle as NodeJS.Timeout) }
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) => clock.#add(run, ms),
      setInterval: (run: () => void, ms: number) => clock.#add(run, ms, ms),
      clearTimeout: clear,
      clearInterval: clear
    })
    Object.assign(timersPromises, { setTimeout: sleep })
    syncBuiltinESMExports()
    Date.now = () => clock.now
    AbortSignal.timeout = ms => {
      const controller = new AbortController()
      setTimeout(() => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')), ms)
      return controller.signal
    }
    performance.now = () => clock.#passed
    t.teardown(() => {
      Object.assign(globalThis, real)
      Object.assign(timersPromises, { setTimeout: realSleep })
      syncBuiltinESMExports()
      Date.now = realNow
      AbortSignal.timeout = realSignal
      Reflect.deleteProperty(performance, 'now')
    })
    return clock
  }

  /** Epoch milliseconds. */
  get now (): number { return START + this.#passed + this.#wallOffset }

  /** Timers that are set; none is left by code that cleans up. */
  get timers (): number { return this.#timers.size }

  /** Somebody sets the wall clock; timers do not notice. */
  setWall (byMs: number): void { this.#wallOffset += byMs }

  /** Lets time pass, from timer to timer, with all that they cause. */
  async advance (ms: number): Promise<void> {
    const until = this.#passed + ms
    await settled()
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.#fire(...next)
      await settled()
    }
    this.#passed = until
  }

  /** Lets time pass until something is true. @throws when it is not within the limit */
  async until (isTrue: () => boolean, limitMs: number): Promise<void> {
    const until = this.#passed + limitMs
    await settled()
    while (!isTrue()) {
      const next = this.#next(until)
      if (!next) throw new Error('It did not become true')
      this.#fire(...next)
      await settled()
    }
  }

  /** The process stands still: time passes and timers do not run. */
  stall (ms: number): void { this.#passed += ms }

  #add (run: () => void, ms: number, everyMs?: number): object {
    const handle = { refresh: () => handle, unref: () => handle }
    const set = () => this.#timers.set(handle, { at: this.#passed + Math.max(1, ms), order: this.#order++, run, everyMs })
    handle.refresh = () => {
      if (this.#timers.has(handle)) set()
      return handle
    }
    set()
    return handle
  }

  #next (until: number): [object, Timer] | undefined {
    let first: [object, Timer] | undefined
    for (const entry of this.#timers) {
      if (entry[1].at <= until && (!first || entry[1].at < first[1].at || (entry[1].at === first[1].at && entry[1].order < first[1].order))) first = entry
    }
    return first
  }

  #fire (handle: object, timer: Timer): void {
    this.#passed = Math.max(this.#passed, timer.at)
    if (timer.everyMs === undefined) this.#timers.delete(handle)
    else this.#timers.set(handle, { ...timer, at: this.#passed + timer.everyMs, order: this.#order++ })
    timer.run()
  }
}

/** What promises and immediates do without time passing. */
export async function settled (): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate)
}

async function sleep <Value> (ms?: number, value?: Value, { signal }: { signal?: AbortSignal } = {}): Promise<Value> {
  return await new Promise((resolve, reject) => {
    const aborted = () => {
      clearTimeout(timer)
      reject(new DOMException('The operation was aborted', 'AbortError'))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', aborted)
      resolve(value!)
    }, ms)
    if (signal?.aborted) aborted()
    else signal?.addEventListener('abort', aborted, { once: true })
  })
}
