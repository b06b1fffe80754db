/** What the fake worker does with a text; its first id. */
export const BEHAVIOUR = {
  /** Answers the ids themselves. */
  echo: 1,
  /** Waits until the test opens the gate of that number, then echoes. */
  gate: 2,
  /** Answers that the run failed. */
  fail: 3,
  /** Throws, which ends the thread. */
  throw: 4,
  /** Ends the thread the first time, echoes the second. */
  exitOnce: 5,
  /** Never ends. */
  loop: 6,
  /** Echoes, and claims to have computed for that many milliseconds. */
  claim: 7
} as const

export type Behaviour = typeof BEHAVIOUR[keyof typeof BEHAVIOUR]
