import { AssignerProtocol, type PartitionAssigner } from 'kafkajs'

export interface CoPartitionOptions {
  readonly inquiryTopic: string
  readonly resultTopic: string
  /** Partitions of the inquiry topic that this member has now. */
  readonly owned: () => number[]
}

/** kafkajs gives assigners a cluster whose type is not public; this is what is used of it. */
interface Metadata { findTopicPartitionMetadata (topic: string): Array<{ partitionId: number }> }

/** The results of an inquiry go to the partition of the same number; where there are fewer, they wrap around. */
export function resultPartitionOf (inquiryPartition: number, resultPartitions: number): number {
  return inquiryPartition % resultPartitions
}

/**
 * Assigns each partition of the inquiry topic together with the one that its results go to, so that a member can read
 * what was decided before it through the connection that it has anyway. Members keep what they have as far as the
 * balance allows: each partition that moves has records read again by its new owner.
 */
export function coPartitionAssigner ({ inquiryTopic, resultTopic, owned }: CoPartitionOptions): PartitionAssigner {
  return ({ cluster }) => {
    const partitionsOf = (topic: string) => (cluster as unknown as Metadata).findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId).sort((a, b) => a - b)
    return {
      name: 'inquiries-with-results',
      version: 1,
      protocol: ({ topics }) => ({
        name: 'inquiries-with-results',
        metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.from(JSON.stringify(owned())) })
      }),
      async assign ({ members }) {
        const claims = members.map(({ memberId, memberMetadata }) => ({ memberId, owned: ownedIn(memberMetadata) }))
        const shares = distribute(partitionsOf(inquiryTopic), claims)
        const resultPartitions = partitionsOf(resultTopic).length
        return [...shares].map(([memberId, partitions]) => ({
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({
            version: 1,
            assignment: {
              [inquiryTopic]: partitions,
              [resultTopic]: [...new Set(partitions.map(partition => resultPartitionOf(partition, resultPartitions)))]
            },
            userData: Buffer.alloc(0)
          })
        }))
      }
    }
  }
}

/**
 * Shares partitions out evenly (no two members differ by more than one), leaving with each what it already has.
 * @returns the partitions of each member, ascending
 */
export function distribute (partitions: number[], members: Array<{ memberId: string, owned: number[] }>): Map<string, number[]> {
  const free = new Set(partitions)
  const least = Math.floor(partitions.length / members.length)
  let extra = partitions.length % members.length
  const ordered = [...members].sort((a, b) => b.owned.length - a.owned.length || (a.memberId < b.memberId ? -1 : 1))
  const shares = new Map(ordered.map(({ memberId }) => [memberId, [] as number[]]))
  const quotas = ordered.map(() => extra-- > 0 ? least + 1 : least)
  for (const [position, { memberId, owned }] of ordered.entries()) {
    for (const partition of owned) {
      if (shares.get(memberId)!.length < quotas[position]! && free.delete(partition)) shares.get(memberId)!.push(partition)
    }
  }
  const left = [...free]
  for (const [position, { memberId }] of ordered.entries()) {
    const share = shares.get(memberId)!
    share.push(...left.splice(0, quotas[position]! - share.length))
    share.sort((a, b) => a - b)
  }
  return shares
}

function ownedIn (memberMetadata: Buffer): number[] {
  try {
    const owned: unknown = JSON.parse(String(AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData))
    return Array.isArray(owned) ? owned.filter(Number.isInteger) : []
  } catch {
    return [] // what a member of another version says of itself is a hint and nothing more
  }
}
