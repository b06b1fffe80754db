/**
 * `joining` until partitions are assigned for the first time, `rebalancing` while they are given out anew, `lost` when
 * the group is left against the adapter's will, `draining` from SIGTERM on.
 */
export type Membership = 'joining' | 'member' | 'rebalancing' | 'lost' | 'draining'

export type BreakerState = 'closed' | 'half_open' | 'open'

export interface PartitionLag {
  readonly topic: string
  readonly partition: number
  /** Records in the partition from the first that is not done with. */
  readonly records: number
}

/** What the adapter tells of itself at any moment; read for each health check and each scrape, so let it be cheap. */
export interface AdapterStatus {
  readonly membership: Membership
  readonly assignedPartitions: number
  /**
   * For how long the oldest record has waited that was read and is not committed, or a partition could not be read
   * because it is not known yet what was decided before, in milliseconds; 0 where neither is so.
   */
  readonly commitAgeMs: number
  /** Records that are read and not yet committed. */
  readonly inFlight: number
  readonly breaker: BreakerState
  /** Of partitions of which it is known. */
  readonly lag: Iterable<PartitionLag>
}
