import { parentPort, workerData } from 'node:worker_threads'
import { VirtualClock } from '../../virtual-clock.ts'
import { problemsOf, simulate } from './simulate.ts'

export interface SimulationReport { readonly seed: number, readonly problems: string[], readonly story: string[], readonly decisions: number, readonly repeated: number }

/** In a thread of its own: tap watches every promise of its own, which takes longer than all the rest. */
const { from, to } = workerData as { from: number, to: number }
const clock = VirtualClock.install({ teardown: () => {} })
for (let seed = from; seed <= to; seed++) {
  const world = await simulate(seed, clock)
  const ids = new Set(world.results.flat().map(({ decision }) => decision.id))
  const report: SimulationReport = { seed, problems: problemsOf(world), story: world.story, decisions: ids.size, repeated: world.results.flat().length - ids.size }
  parentPort!.postMessage(report)
  for (const member of world.members) member.kill()
}
parentPort!.close()
