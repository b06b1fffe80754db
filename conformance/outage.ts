/** A time in which Kafka could not be written to. All in epoch milliseconds. */
export interface Outage {
  /** The broker was about to be killed or frozen. */
  readonly from: number
  /** From here on a broker can append again; until here none did. What comes first was on the wire when it fell silent. */
  readonly appendsFrom: number
  /** Kafka answered again. */
  readonly to: number
  /** Time for clients to notice and to write what piled up. */
  readonly recoveryMs: number
}

export interface OutageOptions {
  readonly recoveryMs: number
  /** Silences Kafka, and ends while it is still silent. */
  readonly silence: () => Promise<void>
  /** Ends when Kafka can be written to again. */
  readonly restore: () => Promise<void>
}

/** Makes an outage and notes when it was. */
export async function makeOutage ({ recoveryMs, silence, restore }: OutageOptions): Promise<Outage> {
  const from = Date.now()
  await silence()
  const appendsFrom = Date.now()
  await restore()
  return { from, appendsFrom, to: Date.now(), recoveryMs }
}
