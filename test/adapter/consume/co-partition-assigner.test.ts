import { AssignerProtocol, type Cluster } from 'kafkajs'
import t from 'tap'
import { coPartitionAssigner, distribute, resultPartitionOf } from '../../../adapter/consume/co-partition-assigner.ts'
import { randomOf } from '../random.ts'

const range = (length: number) => Array.from({ length }, (_, number) => number)

t.test('shares are even, complete and without overlap, and members keep what they have', async t => {
  const random = randomOf(11)
  let wrong = 0
  let members: Array<{ memberId: string, owned: number[] }> = []
  for (let round = 0; round < 2_000; round++) {
    const partitions = range(random.between(1, 12))
    const count = random.between(1, 6)
    members = range(count).map(number => members[number] ?? { memberId: `m${round}-${number}`, owned: [] })
    if (random.chance(0.1)) members[0]!.owned = [3, 3, 99, -1] // an old or odd claim
    const shares = distribute(partitions, members)
    const sizes = [...shares.values()].map(({ length }) => length)
    const all = [...shares.values()].flat().sort((a, b) => a - b)
    if (Math.max(...sizes) - Math.min(...sizes) > 1 || String(all) !== String(partitions) || shares.size !== count) wrong++
    members = members.map(({ memberId }) => ({ memberId, owned: shares.get(memberId)! }))
    if (String([...distribute(partitions, members).values()]) !== String([...distribute(partitions, [...members].reverse()).values()])) wrong++
    for (const [memberId, share] of distribute(partitions, members)) if (String(share) !== String(shares.get(memberId))) wrong++
  }
  t.equal(wrong, 0)
})

t.test('only what balance demands moves', async t => {
  const kept = distribute(range(6), [{ memberId: 'a', owned: [1, 3, 5] }, { memberId: 'b', owned: [0, 2, 4] }, { memberId: 'new', owned: [] }])
  t.strictSame(Object.fromEntries(kept), { a: [1, 3], b: [0, 2], new: [4, 5] })
  const left = distribute(range(6), [{ memberId: 'a', owned: [1, 3] }, { memberId: 'b', owned: [0, 2] }])
  t.strictSame(Object.fromEntries(left), { a: [1, 3, 4], b: [0, 2, 5] })
  t.strictSame(Object.fromEntries(distribute(range(3), [{ memberId: 'b', owned: [2] }, { memberId: 'a', owned: [2] }])), { a: [0, 2], b: [1] }, 'of two that claim one, one gets it')
  t.strictSame([...distribute(range(1), [{ memberId: 'a', owned: [] }, { memberId: 'b', owned: [0] }]).values()], [[0], []], 'more members than partitions')
})

t.test('gives the results of a partition to who has the partition, also where there are fewer', async t => {
  const assignments = await assign(6, 4, [{ memberId: 'a', owned: [0, 4, 5] }, { memberId: 'b', owned: [] }])
  t.strictSame(assignments.get('a'), { inquiries: [0, 4, 5], results: [0, 1] })
  t.strictSame(assignments.get('b'), { inquiries: [1, 2, 3], results: [1, 2, 3] })
  for (const { inquiries, results } of assignments.values()) t.ok(inquiries.every(partition => results.includes(resultPartitionOf(partition, 4))))
  t.strictSame((await assign(2, 3, [{ memberId: 'a', owned: [] }])).get('a'), { inquiries: [0, 1], results: [0, 1] })
})

t.test('a member whose claim cannot be read is a member without any', async t => {
  const assigner = assignerOf(3, 3, [])
  for (const userData of ['', 'not json', '{"owned":1}', '["1",null,2]']) {
    const memberMetadata = AssignerProtocol.MemberMetadata.encode({ version: 1, topics: [], userData: Buffer.from(userData) })
    const [assignment] = await assigner.assign({ members: [{ memberId: 'a', memberMetadata }], topics: [] })
    t.strictSame(AssignerProtocol.MemberAssignment.decode(assignment!.memberAssignment)!.assignment.inquiries, [0, 1, 2], userData)
  }
  const [assignment] = await assigner.assign({ members: [{ memberId: 'a', memberMetadata: Buffer.alloc(0) }], topics: [] })
  t.strictSame(AssignerProtocol.MemberAssignment.decode(assignment!.memberAssignment)!.assignment.inquiries, [0, 1, 2])
})

function assignerOf (inquiryPartitions: number, resultPartitions: number, owned: number[]) {
  const counts: Record<string, number> = { inquiries: inquiryPartitions, results: resultPartitions }
  // Kafka gives metadata in no order.
  const cluster = { findTopicPartitionMetadata: (topic: string) => range(counts[topic]!).reverse().map(partitionId => ({ partitionId })) }
  return coPartitionAssigner({ inquiryTopic: 'inquiries', resultTopic: 'results', owned: () => owned })({ cluster: cluster as unknown as Cluster, groupId: 'g', logger: undefined! })
}

/** Through the bytes that members really exchange. */
async function assign (inquiryPartitions: number, resultPartitions: number, claims: Array<{ memberId: string, owned: number[] }>) {
  const members = claims.map(({ memberId, owned }) => ({ memberId, memberMetadata: assignerOf(inquiryPartitions, resultPartitions, owned).protocol({ topics: ['inquiries', 'results'] }).metadata }))
  const assignments = await assignerOf(inquiryPartitions, resultPartitions, []).assign({ members, topics: ['inquiries', 'results'] })
  return new Map(assignments.map(({ memberId, memberAssignment }) => [memberId, AssignerProtocol.MemberAssignment.decode(memberAssignment)!.assignment as { inquiries: number[], results: number[] }]))
}
