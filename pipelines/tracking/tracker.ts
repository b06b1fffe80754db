/**
 * Where runs are recorded: parameters, metrics, data sets, artefacts. Everything may be said twice: a step that is
 * repeated after a failure says it again.
 */
export interface Tracker {
  /** Opens a run, or goes on with the one of this id when it is there and has not ended well. */
  open(run: RunDescription): Promise<Run>
}

export interface RunDescription {
  readonly name: string
  /** Id of a run to go on with. */
  readonly resume?: string | undefined
  readonly tags: Readonly<Record<string, string>>
}

export interface Run {
  readonly id: string
  parameters(values: Readonly<Record<string, string | number | boolean>>): Promise<void>
  /** @param step of a series, for example the iteration @default 0 */
  metrics(values: Readonly<Record<string, number>>, step?: number): Promise<void>
  tags(values: Readonly<Record<string, string>>): Promise<void>
  input(dataSet: TrackedDataSet): Promise<void>
  /** Stores a file under a name that may have folders in it. */
  artefact(name: string, file: string): Promise<void>
  end(status: 'FINISHED' | 'FAILED'): Promise<void>
}

export interface TrackedDataSet {
  readonly name: string
  readonly version: string
  /** SHA-256, in hexadecimal. */
  readonly digest: string
  readonly context: 'training' | 'validation' | 'test'
  readonly rows: number
}
