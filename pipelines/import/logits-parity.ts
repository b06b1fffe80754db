import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { InferenceSession } from 'onnxruntime-node'
import Type, { type Static } from 'typebox'
import { feedsOf } from '../../api/inference/feeds.ts'
import type { Tokenizer } from '../../api/inference/tokenizer.ts'
import { hashFile } from '../../model-store/verify.ts'
import { readJsonFile } from '../json-file.ts'
import { EXIT, PipelineError } from '../step.ts'

export const LOGITS_FILE = 'logits_parity.json'

/** What Python's engine answered, written by pipelines/finetune. */
const LogitsSchema = Type.Object({
  onnxruntime: Type.String({ description: 'Version of the Python package.' }),
  model_sha256: Type.String(),
  texts: Type.Array(Type.Object({ text: Type.String(), logits: Type.Array(Type.Number()) }), { minItems: 1 })
})

/** How near the service's answers are to Python's. */
export interface LogitsParity {
  readonly reference: string
  readonly texts: number
  /** Mean difference of a logit. */
  readonly meanDifference: number
}

export interface LogitsParityOptions {
  readonly directory: string
  /** ONNX file, relative to the folder. */
  readonly model: string
  readonly session: InferenceSession
  readonly tokenizer: Tokenizer
  readonly output: string
}

/** Other processors round activations to other int8 steps now and then; another model, pooling or order of labels is far beyond. */
const MOST_DIFFERENCE = 0.2
/** A first class that leads by so much must be the same. */
const CLEAR_MARGIN = 1

/**
 * Checks that the service's engine answers as Python's did, where the folder says how that was.
 * @returns undefined where it does not say
 * @throws {PipelineError} ERR_LOGITS_DIFFER, ERR_PARITY_FILE
 */
export async function checkLogitsParity ({ directory, model, session, tokenizer, output }: LogitsParityOptions): Promise<LogitsParity | undefined> {
  const path = join(directory, LOGITS_FILE)
  if (!await access(path).then(() => true, () => false)) return undefined
  const { texts, onnxruntime } = await readReference(path, await hashFile(join(directory, model)))
  let sum = 0
  let count = 0
  const turned: number[] = []
  for (const [index, { text, logits }] of texts.entries()) {
    const answer = (await session.run(feedsOf(tokenizer.encode(text).ids, session.inputNames), [output]))[output]!.data as Float32Array
    if (answer.length !== logits.length) throw differs(`${logits.length} logits are expected, there are ${answer.length}`)
    logits.forEach((logit, place) => { sum += Math.abs(logit - answer[place]!) })
    count += logits.length
    if (marginOf(logits) >= CLEAR_MARGIN && indexOfMax(logits) !== indexOfMax(answer)) turned.push(index)
  }
  const meanDifference = sum / count
  if (turned.length) throw differs(`texts ${turned.join(', ')} (counted from 0) get another class`)
  if (meanDifference > MOST_DIFFERENCE) throw differs(`a logit differs by ${meanDifference.toFixed(3)} on average, at most ${MOST_DIFFERENCE} is allowed`)
  return { reference: `onnxruntime ${onnxruntime} (Python)`, texts: texts.length, meanDifference }
}

async function readReference (path: string, sha256: string): Promise<Static<typeof LogitsSchema>> {
  const invalid = (problem: string, cause?: unknown) => new PipelineError('ERR_PARITY_FILE', `${path}, which pipelines/finetune writes, ${problem}`, { exitCode: EXIT.data, cause })
  const file = await readJsonFile(path, LogitsSchema, invalid)
  if (file.model_sha256 !== sha256) throw invalid('was made with another ONNX file')
  return file
}

function differs (problem: string): PipelineError {
  return new PipelineError('ERR_LOGITS_DIFFER', `The service answers otherwise than ${LOGITS_FILE} says: ${problem}`, { exitCode: EXIT.data })
}

function indexOfMax (values: ArrayLike<number>): number {
  return Array.from(values).reduce((best, value, index) => value > values[best]! ? index : best, 0)
}

function marginOf (values: readonly number[]): number {
  const [first, second] = values.toSorted((a, b) => b - a)
  return first! - (second ?? -Infinity)
}
