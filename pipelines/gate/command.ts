import { join } from 'node:path'
import { openModelStore } from '../../model-store/open.ts'
import { codeVersion } from '../code-version.ts'
import { SPLITS, type Split, readDataSet } from '../data/data-set.ts'
import { DEFAULT_DATA } from '../data/default-data.ts'
import { evaluateModel } from '../evaluate/evaluate-model.ts'
import { EXIT, type Environment, PipelineError, type Step, parseOptions, usageError } from '../step.ts'
import { withCandidateRun } from '../tracking/candidate-run.ts'
import { openTracker } from '../tracking/open-tracker.ts'
import { readLimits } from './floors.ts'
import { PRODUCTION, gate, metricsOf } from './gate.ts'
import { GATE_FILE, type GateReport } from './gate-report.ts'
import { summarize } from './summary.ts'

const HELP = `Usage: npm run pipelines -- gate --candidate DIR --data DIR [options]

Says whether a candidate may go to production: its evaluation against the floors, and against the version in production
on the same items (paired bootstrap on macro-F1, regressions by class, McNemar). Writes gate.json into the candidate
and prints it; a table for people goes to standard error. What is checked and why: docs/gates.md.

Reads the candidate with its evaluation.json, the data set, and the version under the alias. Moves nothing.
Exit code 0: passed; 3: the gate said no.

  --candidate DIR   folder of the candidate, evaluated
  --data DIR        data set on which it was evaluated, for example ${DEFAULT_DATA}
  --split NAME      split on which it was evaluated (default test)
  --against ALIAS   version to compare with (default production; while nothing is there, only the floors count)
  --floors FILE     JSON: { "reason": "…", "floors": { … }, "comparison": { … } } in place of some default limits
  --store URL       model store (default MODEL_STORE_URL, else file:model-store/models)`

const EMBEDDING_CACHE = '.cache/embeddings'

/** `pipelines gate` */
export const gateStep: Step = { help: HELP, run: runGate }

async function runGate (args: string[], environment: Environment): Promise<GateReport> {
  const values = parseOptions(args, {
    candidate: { type: 'string' },
    data: { type: 'string' },
    split: { type: 'string', default: 'test' },
    against: { type: 'string', default: PRODUCTION },
    floors: { type: 'string' },
    store: { type: 'string', default: environment.MODEL_STORE_URL || 'file:model-store/models' }
  })
  const { candidate: directory, data } = values
  if (!directory || !data) throw usageError('--candidate and --data are needed')
  const split = readSplit(values.split)
  const limits = await readLimits(values.floors)
  const dataSet = await readDataSet(data)
  const report = await gate({
    directory,
    dataSet,
    split,
    store: openModelStore(values.store, environment),
    against: values.against,
    limits,
    evaluateStored: async model => await evaluateModel({ model, dataSet, split, cacheDirectory: EMBEDDING_CACHE, createdAt: new Date().toISOString() }),
    codeVersion: codeVersion()
  })
  process.stderr.write(summarize(report))
  await withCandidateRun(openTracker(environment), directory, 'gate', async run => {
    await run.tags({ gate: report.verdict })
    await run.metrics(metricsOf(report))
    await run.artefact(GATE_FILE, join(directory, GATE_FILE))
    return report.verdict === 'failed' ? 'FAILED' : undefined
  })
  if (report.verdict === 'failed') throw new PipelineError('ERR_GATE_FAILED', 'The gate said no: nothing was moved', { exitCode: EXIT.gate, result: report })
  return report
}

function readSplit (name: string): Split {
  const split = SPLITS.find(known => known === name)
  if (!split) throw usageError(`${name} is no split: ${SPLITS.join(', ')}`)
  return split
}
