import { KafkaCluster } from '../scripts/kafka/cluster.ts'
import type { Report } from './report.ts'
import { runScenario } from './run.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'
import type { Progress, RunOptions } from './set-up.ts'

export interface SuiteOptions extends Omit<RunOptions, 'scenario' | 'cluster' | 'onProgress'> {
  readonly scenarios: readonly Scenario[]
  readonly onStart?: (scenario: Scenario) => void
  readonly onProgress?: (scenario: Scenario, progress: Progress) => void
}

/** Picks scenarios by name, in the order of the list. */
export function pickScenarios (names: readonly string[]): readonly Scenario[] {
  const unknown = names.filter(name => !SCENARIOS.some(scenario => scenario.name === name))
  if (unknown.length > 0) throw new Error(`There is no scenario ${unknown.join(', ')}; see --list`)
  return names.length === 0 ? SCENARIOS : SCENARIOS.filter(({ name }) => names.includes(name))
}

/** Runs scenarios one after another; those with as many brokers share a cluster. Ends what it started, also when it fails. */
export async function * runSuite ({ scenarios, onStart, onProgress, ...options }: SuiteOptions): AsyncGenerator<Report> {
  let cluster: KafkaCluster | undefined
  try {
    for (const scenario of scenarios) {
      options.signal.throwIfAborted()
      onStart?.(scenario)
      if (cluster?.nodes.length !== scenario.brokers) {
        await cluster?.close()
        cluster = undefined
        cluster = await KafkaCluster.start({ brokers: scenario.brokers })
      }
      const report = await runScenario({ ...options, scenario, cluster, onProgress: progress => onProgress?.(scenario, progress) })
      if (report.brokenOff) {
        await cluster.close() // nobody knows in what state
        cluster = undefined
      }
      yield report
    }
  } finally {
    await cluster?.close()
  }
}
