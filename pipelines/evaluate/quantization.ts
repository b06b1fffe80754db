import { join } from 'node:path'
import { loadScorer } from '../../api/inference/scores.ts'
import type { StoredModel } from '../../model-store/store.ts'
import { hashFile } from '../../model-store/verify.ts'
import { type ScoreOptions, scoreOutputs } from '../score/score-texts.ts'
import { embed } from '../train/embedder.ts'
import type { Evaluation } from './evaluation.ts'

export const FLOAT_ENCODER_FILE = 'model.onnx'

/**
 * How far a model in int8 is from the same one in floating point: the angle between their outputs, and how often the
 * most probable class is the same.
 * @param floatEncoder folder with `model.onnx` and its tokenizer
 */
export async function compareWithFloat ({ directory, manifest }: StoredModel, floatEncoder: string, texts: readonly string[], { cacheDirectory }: ScoreOptions): Promise<NonNullable<Evaluation['quantization']>> {
  const outputsOf = async (folder: string) => await embed(texts, { directory: folder, ...manifest.input, output: manifest.output, cacheDirectory })
  const [own, float] = [await outputsOf(directory), await outputsOf(floatEncoder)]
  const score = await loadScorer(directory, manifest)
  const classesOf = (outputs: readonly Float32Array[]) =>
    scoreOutputs(score, texts.map((text, index) => ({ text, embedding: outputs[index]! }))).map(logits => logits.indexOf(Math.max(...logits)))
  const [ownClasses, floatClasses] = [classesOf(own), classesOf(float)]
  const cosines = own.map((output, index) => cosine(output, float[index]!))
  return {
    encoder: await hashFile(join(floatEncoder, FLOAT_ENCODER_FILE)),
    items: texts.length,
    meanCosine: cosines.reduce((sum, value) => sum + value, 0) / cosines.length,
    minCosine: Math.min(...cosines),
    sameLabel: ownClasses.filter((id, index) => id === floatClasses[index]).length / texts.length
  }
}

function cosine (a: Float32Array, b: Float32Array): number {
  let [product, squaresA, squaresB] = [0, 0, 0]
  for (let index = 0; index < a.length; index++) {
    product += a[index]! * b[index]!
    squaresA += a[index]! ** 2
    squaresB += b[index]! ** 2
  }
  return product / Math.sqrt(squaresA * squaresB)
}
