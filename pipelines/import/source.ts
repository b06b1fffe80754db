import { access, copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import Type, { type Static } from 'typebox'
import { readJsonFile } from '../json-file.ts'
import { EXIT, PipelineError, usageError } from '../step.ts'
import { FINE_TUNING_FILE } from '../train/fine-tuning.ts'

/** What is read of the `config.json` of a fine-tuned model; more is welcome. */
const ConfigSchema = Type.Object({
  id2label: Type.Record(Type.String(), Type.String()),
  label2id: Type.Optional(Type.Record(Type.String(), Type.Integer())),
  model_type: Type.Optional(Type.String()),
  max_position_embeddings: Type.Optional(Type.Integer()),
  problem_type: Type.Optional(Type.Union([Type.String(), Type.Null()]))
})

const TokenizerConfigSchema = Type.Object({
  tokenizer_class: Type.Optional(Type.String()),
  model_max_length: Type.Optional(Type.Number())
})

export type ModelConfig = Static<typeof ConfigSchema>
export type TokenizerConfig = Static<typeof TokenizerConfigSchema>

/** A folder with a fine-tuned model, as data scientists hand it over. */
export interface Source {
  readonly directory: string
  /** The ONNX file, relative to the folder. */
  readonly model: string
  readonly config: ModelConfig
  readonly tokenizerConfig: TokenizerConfig
}

const MODEL_PLACES = ['model.onnx', 'model_quantized.onnx', 'onnx/model.onnx', 'onnx/model_quantized.onnx']
/** What goes into a version beside the ONNX file. */
const NEEDED = ['config.json', 'tokenizer.json', 'tokenizer_config.json']
const WELCOME = ['LICENSE', FINE_TUNING_FILE]

/**
 * Looks through the folder.
 * @param model which ONNX file, relative to the folder; needed only where there are several
 * @throws {PipelineError} ERR_SOURCE_INVALID says what is missing or wrong
 */
export async function readSource (directory: string, model?: string): Promise<Source> {
  const missing = await absent(directory, NEEDED)
  if (missing.length) throw invalid(`${directory} lacks ${missing.join(', ')}`)
  const places = model === undefined ? MODEL_PLACES : [model]
  const gone = new Set(await absent(directory, places))
  const found = places.filter(place => !gone.has(place))
  if (!found.length) throw invalid(`${directory} has none of ${places.join(', ')}`)
  if (found.length > 1) throw usageError(`${directory} has ${found.join(' and ')}: say by --model which to take`)
  const config = await read(join(directory, 'config.json'), ConfigSchema)
  if (config.problem_type === 'multi_label_classification' || config.problem_type === 'regression') {
    throw invalid(`${join(directory, 'config.json')}: problem_type is ${config.problem_type}, one label a text is needed`)
  }
  return { directory, model: found[0]!, config, tokenizerConfig: await read(join(directory, 'tokenizer_config.json'), TokenizerConfigSchema) }
}

/** Copies what a version needs, under the names that it has there. */
export async function copySource ({ directory, model }: Source, target: string): Promise<void> {
  const gone = new Set(await absent(directory, WELCOME))
  await copyFile(join(directory, model), join(target, 'model.onnx'))
  for (const file of [...NEEDED, ...WELCOME.filter(file => !gone.has(file))]) await copyFile(join(directory, file), join(target, file))
}

async function absent (directory: string, files: readonly string[]): Promise<string[]> {
  const there = await Promise.all(files.map(file => access(join(directory, file)).then(() => true, () => false)))
  return files.filter((_, index) => !there[index])
}

async function read<Schema extends Type.TSchema> (path: string, schema: Schema): Promise<Static<Schema>> {
  return await readJsonFile(path, schema, (problem, cause) => invalid(`${path} ${problem}`, cause))
}

function invalid (message: string, cause?: unknown): PipelineError {
  return new PipelineError('ERR_SOURCE_INVALID', message, { exitCode: EXIT.data, cause })
}
