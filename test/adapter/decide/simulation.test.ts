import { Worker } from 'node:worker_threads'
import t from 'tap'
import type { SimulationReport } from './simulation/simulation.worker.ts'

/** `SIMULATION_SEEDS=7` runs that one and tells its story; `SIMULATION_SEEDS=0-5000` runs many. */
const [from = 0, to = from] = (process.env.SIMULATION_SEEDS ?? '0-199').split('-').map(Number)

t.test('every inquiry has exactly one decision, whatever fails, dies or stops', async t => {
  const worker = new Worker(new URL('./simulation/simulation.worker.js', import.meta.url), { workerData: { from, to } })
  let seeds = 0
  let decisions = 0
  let repeated = 0
  worker.on('message', (report: SimulationReport) => {
    seeds++
    decisions += report.decisions
    repeated += report.repeated
    if (from === to) for (const line of report.story) t.comment(line)
    if (report.problems.length > 0) t.strictSame(report.problems.slice(0, 3), [], `seed ${report.seed}`)
  })
  await new Promise((resolve, reject) => worker.once('error', reject).once('exit', resolve))
  t.equal(seeds, to - from + 1)
  t.ok(decisions > seeds * 20, `${decisions} decisions`)
  t.ok(seeds < 20 || repeated > seeds / 2, `${repeated} of them written once more, word for word the same`)
})
