import t from 'tap'
import { VirtualClock } from '../virtual-clock.ts'
import { problemsOf, simulate } from './simulation.ts'

/** `SIMULATION_SEEDS=7` runs that one and tells its story; `SIMULATION_SEEDS=0-5000` runs many. */
const [from = 0, to = from] = (process.env.SIMULATION_SEEDS ?? '0-199').split('-').map(Number)
const tellsStory = from === to

t.test('every inquiry has exactly one decision, whatever fails, dies or stops', async t => {
  const clock = VirtualClock.install(t)
  const realRandom = Math.random
  t.teardown(() => { Math.random = realRandom })
  let decisions = 0
  let duplicates = 0
  for (let seed = from; seed <= to; seed++) {
    const world = await simulate(seed, clock)
    const problems = problemsOf(world)
    if (problems.length > 0) {
      if (tellsStory) for (const line of world.story) t.comment(line)
      t.strictSame(problems.slice(0, 3), [], `seed ${seed}`)
    }
    decisions += new Set(world.results.flat().map(({ decision }) => decision.id)).size
    duplicates += world.results.flat().length
    for (const member of world.members) member.kill()
  }
  duplicates -= decisions
  t.comment(`${decisions} decisions, ${duplicates} written twice or more`)
  t.ok(decisions > (to - from) * 20, 'there was something to decide')
  t.ok(tellsStory || duplicates > 0, 'some were written more than once, word for word the same')
})
