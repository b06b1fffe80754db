/** Timers run on a clock of their own, the wall clock may be set: it is looked at this often at least. */
const LONGEST_TIMER_MS = 1_000

/**
 * Calls back once, when the wall clock has reached a time (epoch milliseconds) and never before it.
 * @returns what cancels it
 */
export function atWallClock (time: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout
  const arm = () => { timer = setTimeout(check, Math.max(0, Math.min(time - Date.now(), LONGEST_TIMER_MS))) }
  const check = () => {
    if (Date.now() >= time) callback()
    else arm()
  }
  arm()
  return () => clearTimeout(timer)
}
