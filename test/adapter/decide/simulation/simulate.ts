import { randomOf } from '../../random.ts'
import type { VirtualClock } from '../../virtual-clock.ts'
import { Member } from './member.ts'
import { type Stored, World } from './world.ts'

const CHAOS_MS = 5_000
const HEALING_MS = 120_000

/** Lets a world go through its troubles, then leaves it alone until everything is done. */
export async function simulate (seed: number, clock: VirtualClock): Promise<World> {
  const world = new World(seed, clock)
  const { random } = world
  Math.random = randomOf(seed).next
  let names = 0
  const start = () => world.members.push(new Member(world, `m${names++}`))
  start()
  world.rebalance()

  const until = clock.now + CHAOS_MS
  while (clock.now < until) {
    await clock.advance(random.between(1, 250))
    const burst = random.of([0, 1, 3, 15])
    for (let count = 0; count < burst; count++) world.send()
    const event = random.next()
    const victim = random.of(world.members)
    if (event < 0.06) {
      victim.kill()
      if (world.members.every(({ isAlive }) => !isAlive)) start()
      setTimeout(() => world.rebalance(), random.between(1, 500))
    } else if (event < 0.10 && world.members.length < 3) {
      start()
      world.rebalance()
    } else if (event < 0.14) {
      world.rebalance()
    } else if (event < 0.18 && !victim.isFrozen) {
      victim.freeze()
      setTimeout(() => world.rebalance(), random.between(300, 600))
      setTimeout(() => {
        if (!victim.isAlive) return
        victim.thaw()
        world.rebalance()
      }, random.between(700, 3_000))
    } else if (event < 0.20) {
      world.beginOutage(random.of([100, 2_000, 7_000]))
    }
  }
  world.isCalm = true
  for (const member of world.members) member.thaw()
  await clock.advance(1_000)
  world.rebalance()
  await clock.advance(1_000)
  // What a commit that came late set back is made up for by the next one.
  for (let partition = 0; partition < world.partitions; partition++) world.send(partition)
  await clock.until(() => world.isDone, HEALING_MS).catch(() => {})
  return world
}

/** What is wrong with how a world ended: lost, contradicted or unexplained records. */
export function problemsOf (world: World): string[] {
  const problems: string[] = []
  const resultsOf = new Map<string, Stored[]>()
  for (const result of world.results.flat()) resultsOf.set(result.decision.id, [...resultsOf.get(result.decision.id) ?? [], result])
  if (!world.isDone) problems.push('not everything is committed')
  for (const [partition, log] of world.inquiries.entries()) {
    for (const { id, isPoison, message } of log) {
      if (isPoison && !world.deadLetters.has(`${partition}:${message.offset}`)) problems.push(`${partition}:${message.offset} has no dead letter`)
      if (id === undefined) continue
      const results = resultsOf.get(id) ?? []
      if (results.length === 0) problems.push(`${partition}:${message.offset} ${id} has no decision`)
      // An id that is sent again after its decision was committed is forgotten when the process dies.
      const ofThis = new Set(results.filter(({ message: { headers } }) => String(headers!['source-offset']) === message.offset).map(({ message }) => String(message.value)))
      if (results.some(({ decision }) => decision.reason !== 'timeout' && decision.reason !== 'invalid' && decision.decidedAt > decision.deadline)) problems.push(`${id} was decided by an answer that came late`)
      if (ofThis.size > 1) problems.push(`${partition}:${message.offset} ${[...ofThis].join(' ')}`)
    }
  }
  return problems
}
