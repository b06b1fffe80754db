import type { Logger } from 'pino'
import type { GroupMember } from './group-member.ts'
import type { OwnedPartition } from './owned-partition.ts'
import { metadataOf } from './results-tail.ts'

export interface CommitterOptions {
  readonly member: Pick<GroupMember, 'commit'>
  readonly partitions: () => OwnedPartition[]
  readonly committed: (partition: OwnedPartition) => void
  readonly intervalMs: number
  readonly log: Logger
}

/** Commits, at intervals and on demand, how far each partition is done with. */
export class Committer {
  readonly #options: CommitterOptions
  readonly #timer: NodeJS.Timeout
  #running: Promise<void> | undefined
  #behindSince: number | undefined
  /** Whether a commit is to begin that will have all that can be committed now. */
  #isDue = false

  constructor (options: CommitterOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.commitSoon(), options.intervalMs)
  }

  /** For how long something could have been committed and was not, in milliseconds. */
  get ageMs (): number { return this.#behindSince === undefined ? 0 : performance.now() - this.#behindSince }

  /** Commits what can be; one commit at a time. Never rejects: failures are logged, and the next one makes up for them. */
  async commit (): Promise<void> {
    await this.#running // what was acknowledged since it began is not in it
    this.#running ??= this.#commit().finally(() => { this.#running = undefined })
    await this.#running
  }

  /** The same, awaited by nobody; however often it is called meanwhile, one is enough. */
  commitSoon (): void {
    if (this.#isDue) return
    this.#isDue = true
    this.commit().catch(() => {})
  }

  close (): void {
    clearInterval(this.#timer)
  }

  async #commit (): Promise<void> {
    const { member, partitions, committed, log } = this.#options
    this.#isDue = false
    const due = partitions().flatMap(partition => {
      const progress = partition.uncommitted()
      return progress ? [{ partition, progress }] : []
    })
    if (due.length === 0) {
      this.#behindSince = undefined
      return
    }
    this.#behindSince ??= performance.now()
    try {
      await member.commit(due.map(({ partition, progress }) => ({ partition: partition.number, offset: progress.offset, metadata: metadataOf(progress, partition.resultPartition) })))
      for (const { partition, progress } of due) {
        partition.hasCommitted(progress.offset)
        committed(partition)
      }
      this.#behindSince = undefined
    } catch (err) {
      log.warn({ err }, 'could not commit; trying again')
    }
  }
}
