import { join } from 'node:path'
import { hashFile } from '../../model-store/verify.ts'
import { addToCandidate } from '../candidate.ts'
import { type DataSet, SPLITS, readDataSet } from '../data/data-set.ts'
import { DEFAULT_DATA } from '../data/default-data.ts'
import { EXIT, PipelineError, type Step, parseOptions, usageError } from '../step.ts'
import { withCandidateRun } from '../tracking/candidate-run.ts'
import { openTracker } from '../tracking/open-tracker.ts'
import { type EvaluateOptions, evaluateModel } from './evaluate-model.ts'
import { readEvaluation, writeEvaluation } from './evaluation-file.ts'
import { EVALUATION_FILE, EVALUATION_PAGE, type Evaluation } from './evaluation.ts'
import { findModel } from './find-model.ts'
import { modelDigest } from './model-digest.ts'
import { openInBrowser } from './open-in-browser.ts'
import { FLOAT_ENCODER_FILE } from './quantization.ts'
import { mainMetrics } from './report.ts'

const HELP = `Usage: npm run pipelines -- evaluate --candidate DIR [options]
       npm run pipelines -- evaluate --version VERSION | --alias ALIAS [options]

Measures a model on one split of a data set and writes evaluation.json and evaluation.html, a page to read in a browser.
Both become part of a candidate and go to its run; a version in the store is never changed. With model, data and code as they were,
nothing is done again.

  --candidate DIR      folder of a candidate
  --version VERSION    a version in the store
  --alias ALIAS        the version in the store that an alias points at
  --name NAME          name of the model in the store (default inquiry-classifier)
  --store URL          model store (default MODEL_STORE_URL, else file:model-store/models)
  --data DIR           data set (default ${DEFAULT_DATA})
  --split SPLIT        train, validation or test (default test)
  --float-encoder DIR  encoder in floating point, to tell what int8 costs (pipelines/encoder/build.py --float DIR makes it)
  --out DIR            where to write instead; of a candidate nothing is changed then
                       (default for versions: .cache/evaluations/<name>-<version>-<digest of the data set>)
  --open               show the page in the browser
  --created-at TIME    time to record (default now)`

const CACHE = '.cache/embeddings'
const REPORTS = [EVALUATION_FILE, EVALUATION_PAGE]
const DIGEST_DIGITS = 12

/** `pipelines evaluate`: from a model and a data set to a report. */
export const evaluateStep: Step = {
  help: HELP,
  async run (args, environment) {
    const values = parseOptions(args, {
      candidate: { type: 'string' },
      version: { type: 'string' },
      alias: { type: 'string' },
      name: { type: 'string', default: 'inquiry-classifier' },
      store: { type: 'string', default: environment.MODEL_STORE_URL ?? 'file:model-store/models' },
      data: { type: 'string', default: DEFAULT_DATA },
      split: { type: 'string', default: 'test' },
      'float-encoder': { type: 'string' },
      out: { type: 'string' },
      open: { type: 'boolean', default: false },
      'created-at': { type: 'string', default: new Date().toISOString() }
    })
    const split = SPLITS.find(name => name === values.split)
    if (!split) throw usageError(`--split must be one of ${SPLITS.join(', ')}`)
    const model = await findModel(values)
    const dataSet = await readFit(values.data)
    const { name, version } = model.manifest
    const changed = values.out === undefined && values.candidate !== undefined ? model.directory : undefined
    const directory = changed ?? values.out ?? join('.cache/evaluations', `${name}-${version}-${dataSet.description.digest.slice(0, DIGEST_DIGITS)}`)

    const options: EvaluateOptions = { model, dataSet, split, cacheDirectory: CACHE, floatEncoder: values['float-encoder'], createdAt: values['created-at'] }
    const earlier = await readEvaluation(directory)
    const unchanged = earlier !== undefined && await isOf(earlier, options)
    const evaluation = unchanged ? earlier : await evaluateModel(options)
    await writeEvaluation(directory, evaluation)
    if (changed) {
      await addToCandidate(changed, REPORTS, prefixed(split, mainMetrics(evaluation)))
      await withCandidateRun(openTracker(environment), changed, 'evaluate', async run => {
        for (const file of REPORTS) await run.artefact(file, join(changed, file))
        return undefined
      })
    }
    if (values.open) await openInBrowser(join(directory, EVALUATION_PAGE))
    return { unchanged, report: join(directory, EVALUATION_FILE), page: join(directory, EVALUATION_PAGE), ...summary(evaluation) }
  }
}

async function readFit (directory: string): Promise<DataSet> {
  try {
    return await readDataSet(directory)
  } catch (cause) {
    if (cause instanceof PipelineError) throw cause
    throw new PipelineError('ERR_DATA_UNFIT', cause instanceof Error ? cause.message : String(cause), { exitCode: EXIT.data, cause })
  }
}

/** Whether an evaluation is what the same call would give again. */
async function isOf ({ model, dataset, quantization }: Evaluation, options: EvaluateOptions): Promise<boolean> {
  const { manifest } = options.model
  const encoder = options.floatEncoder === undefined ? undefined : await hashFile(join(options.floatEncoder, FLOAT_ENCODER_FILE))
  return model.name === manifest.name && model.version === manifest.version && model.digest === modelDigest(manifest) &&
    dataset.digest === options.dataSet.description.digest && dataset.split === options.split && quantization?.encoder === encoder
}

function summary ({ dataset, model, overall, outOfScope, perClass, behaviour, latency, sizeBytes, parity, quantization, baselines }: Evaluation) {
  const [worstClass] = Object.entries(perClass).sort(([, a], [, b]) => a.f1 - b.f1)
  return {
    model,
    dataset,
    metrics: mainMetrics({ overall, outOfScope }),
    worstClass: { id: worstClass![0], f1: worstClass![1].f1 },
    behaviour: Object.fromEntries(behaviour.map(({ name, passed, cases }) => [name, `${passed} of ${cases}`])),
    latency,
    sizeBytes,
    parity,
    quantization,
    baselines
  }
}

function prefixed (prefix: string, metrics: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`${prefix}.${name}`, value]))
}
