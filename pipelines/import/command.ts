import { join } from 'node:path'
import { loadTokenizer } from '../../api/inference/tokenizer.ts'
import type { Manifest } from '../../model-store/manifest.ts'
import { describeFile, hashFile } from '../../model-store/verify.ts'
import { type DataSet, readDataSet } from '../data/data-set.ts'
import { DEFAULT_DATA } from '../data/default-data.ts'
import { readTaxonomy } from '../data/taxonomy.ts'
import { describeInterface, withSession } from '../onnx/session.ts'
import { showProgress } from '../progress.ts'
import { scoreTexts } from '../score/score-texts.ts'
import { type Environment, type Step, parseOptions, usageError } from '../step.ts'
import { openTracker } from '../tracking/open-tracker.ts'
import { buildCandidate, candidateFolder } from '../train/build-candidate.ts'
import { type LabelledLogits, fitDecisions } from '../train/fit-decisions.ts'
import { readFineTuning } from '../train/fine-tuning.ts'
import { THRESHOLD_TARGETS } from '../train/parameters.ts'
import { startRun } from '../train/record-run.ts'
import { findLogits } from './graph-contract.ts'
import { readHardTexts } from './hard-texts.ts'
import { inputLimits } from './input-limits.ts'
import { type InputOutputReport, runInputOutputTests } from './input-output-tests.ts'
import { type LogitsParity, checkLogitsParity } from './logits-parity.ts'
import { mapLabels } from './map-labels.ts'
import { importedModelCard } from './model-card.ts'
import { copySource, readSource } from './source.ts'
import { checkTokenizerParity } from './tokenizer-parity.ts'

const HELP = `Usage: npm run pipelines -- import DIR --version VERSION [options]

Makes a candidate of a fine-tuned Hugging Face model for sequence classification, exported to ONNX. DIR has model.onnx
(or onnx/model.onnx, model_quantized.onnx), config.json, tokenizer.json and tokenizer_config.json. Refuses it where labels,
tokens or outputs are not what the service needs, saying which; calibrates it on the data set's validation split.

  --version VERSION   version of the candidate
  --name NAME         name of the model (default inquiry-classifier)
  --candidate DIR     folder to write (default .cache/candidates/NAME-VERSION); a candidate that is there is replaced
  --model FILE        which ONNX file, relative to DIR, where there are several
  --output NAME       output with the logits, where it is not called logits
  --out-of-scope NAME what the model calls the class for what fits no desk (default out_of_scope); it need not have one
  --prefix TEXT       put before each text, as in training (default none)
  --max-tokens COUNT  most tokens of a text (default: what the model reads, at most 256)
  --data DIR          data set to calibrate with (default ${DEFAULT_DATA})
  --taxonomy FILE     labels (default data/taxonomy.json)
  --licence NAME      of the weights (default: not stated)
  --origin TEXT       where the weights come from (default: DIR)
  --created-at TIME   time to record (default now)

tokenizer_parity.json in DIR has what Python's tokenizer gave (pipelines/import/export_parity.py writes it). Without it the
comparison is with @xenova/transformers, which the service uses itself for all but Unigram tokenizers: a weak check.
logits_parity.json has what Python's engine answered, training.json how the model was fine-tuned (pipelines/finetune writes
them): the answers are compared, the rest is recorded. The run is recorded where MLFLOW_TRACKING_URI says, else in .cache/runs.`

/** Texts for the tests of input and output. */
const TEST_TEXTS = 50

/** `pipelines import`: from a fine-tuned model to a candidate. */
export const importStep: Step = { help: HELP, run: importModel }

async function importModel ([directory, ...args]: string[], environment: Environment): Promise<unknown> {
  if (directory === undefined || directory.startsWith('-')) throw usageError('The folder with the model comes first: import DIR --version VERSION')
  const values = parseOptions(args, {
    version: { type: 'string' },
    name: { type: 'string', default: 'inquiry-classifier' },
    candidate: { type: 'string' },
    model: { type: 'string' },
    output: { type: 'string' },
    'out-of-scope': { type: 'string' },
    prefix: { type: 'string', default: '' },
    'max-tokens': { type: 'string' },
    data: { type: 'string', default: DEFAULT_DATA },
    taxonomy: { type: 'string', default: 'data/taxonomy.json' },
    licence: { type: 'string', default: 'not stated' },
    origin: { type: 'string', default: directory },
    'created-at': { type: 'string', default: new Date().toISOString() }
  })
  const { name, version, prefix } = values
  if (!version) throw usageError('--version is needed')
  const source = await readSource(directory, values.model)
  const taxonomy = await readTaxonomy(values.taxonomy)
  const classes = mapLabels(source.config, taxonomy, values['out-of-scope'])
  const input = inputLimits(source, prefix, wholeNumber('--max-tokens', values['max-tokens']))
  const dataSet = await readDataSet(values.data)
  const texts = dataSet.splits.validation.map(({ text }) => text)
  const parity = await checkTokenizerParity(directory, prefix, [...texts, ...readHardTexts()])
  const fineTuning = await readFineTuning(directory)
  let tested: InputOutputReport | undefined
  let logitsParity: LogitsParity | undefined

  const candidate = values.candidate ?? candidateFolder(name, version)
  const manifest = await buildCandidate(candidate, async staging => {
    await copySource(source, staging)
    const tokenizer = await loadTokenizer({ directory: staging, ...input })
    const output = await withSession(join(staging, 'model.onnx'), async session => {
      const logits = findLogits(describeInterface(session), classes.length, values.output)
      logitsParity = await checkLogitsParity({ directory, model: source.model, session, tokenizer, output: logits })
      tested = await runInputOutputTests({ session, tokenizer, output: logits, classes: classes.length, texts: texts.slice(0, TEST_TEXTS) })
      return { kind: 'logits' as const, name: logits, size: classes.length }
    })
    const decisions = fitDecisions(await scoreSplits(staging, { classes, input, output }, dataSet), classes, THRESHOLD_TARGETS)
    return {
      name,
      version,
      createdAt: values['created-at'],
      taxonomy,
      dataSet: dataSet.description,
      classes,
      input,
      output,
      pooling: 'inside the graph',
      ...decisions,
      seed: fineTuning?.seed ?? 0,
      parameters: {
        made: 'import',
        model: { file: source.model, sha256: (await describeFile(staging, 'model.onnx')).sha256 },
        id2label: source.config.id2label,
        tokenizerParity: parity,
        ...(logitsParity && { logitsParity }),
        ...(fineTuning && { fineTuning: { recipe: fineTuning.recipe, data: fineTuning.data, base: fineTuning.base, code: fineTuning.code, device: fineTuning.device, versions: fineTuning.versions } }),
        thresholdTargets: THRESHOLD_TARGETS,
        data: { path: values.data, digest: dataSet.description.digest },
        taxonomy: { path: values.taxonomy, sha256: await hashFile(values.taxonomy) }
      },
      licence: values.licence,
      origin: values.origin,
      card: draft => importedModelCard(draft, dataSet.description, parity)
    }
  })
  const run = await startRun(openTracker(environment), { name, version, data: values.data, parameters: { made: 'import', licence: values.licence, origin: values.origin, thresholdTargets: THRESHOLD_TARGETS }, network: directory })
  try {
    await run.trained(candidate, manifest)
  } catch (error) {
    await run.failed()
    throw error
  }
  const { calibration, thresholds, metrics } = manifest
  return { name, version, candidate, tokenizerParity: parity, logitsParity, tested, input, calibration, thresholds, metrics }
}

/** Logits of the splits on which decisions rest, as the service computes them. */
async function scoreSplits (directory: string, model: Pick<Manifest, 'classes' | 'input' | 'output'>, { splits }: DataSet): Promise<Record<'validation' | 'test', LabelledLogits[]>> {
  const examples = [...splits.validation, ...splits.test]
  const logits = await scoreTexts(directory, model, examples.map(({ text }) => text), { cacheDirectory: '.cache/embeddings', onProgress: showProgress('scoring') })
  const labelled = examples.map(({ label }, index) => ({ label, logits: logits[index]! }))
  return { validation: labelled.slice(0, splits.validation.length), test: labelled.slice(splits.validation.length) }
}

function wholeNumber (option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (!/^[1-9]\d*$/.test(value)) throw usageError(`${option} must be a whole number from 1 on`)
  return Number(value)
}
