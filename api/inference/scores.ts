import type { Manifest } from '../../model-store/manifest.ts'
import { type Head, type NgramHead, loadHead } from './head.ts'
import { countNgrams, weighNgrams } from './ngrams.ts'

/**
 * Turns a text and the ONNX output for it into one logit a class. In two steps, since the first needs the text alone
 * and is done while a worker computes the second's input.
 */
export type Scorer = (text: string) => (output: Float32Array) => Float64Array

/** The scorer of a model version, whichever of the two its ONNX file gives. */
export async function loadScorer (directory: string, { classes, output }: Pick<Manifest, 'classes' | 'output'>): Promise<Scorer> {
  return output.kind === 'logits' ? identityScorer : createLinearScorer(await loadHead(directory, classes, output.size))
}

/** Logits pass as they are. */
export const identityScorer: Scorer = () => output => Float64Array.from(output)

/** A linear layer over the embedding and, where the head has them, the character n-grams of the text. */
export function createLinearScorer ({ weights, bias, ngrams }: Head): Scorer {
  return text => {
    const fromText = bias.slice()
    if (ngrams) addNgrams(fromText, text, ngrams)
    return output => fromText.map((logit, index) => logit + dot(weights[index]!, output))
  }
}

function addNgrams (logits: Float64Array, text: string, ngrams: NgramHead): void {
  const { indices, values } = weighNgrams(countNgrams(text, ngrams.options), ngrams.idf)
  for (let feature = 0; feature < indices.length; feature++) {
    const row = indices[feature]! * logits.length
    for (let index = 0; index < logits.length; index++) logits[index]! += values[feature]! * ngrams.weights[row + index]!
  }
}

/**
 * Probabilities of logits divided by a temperature (Guo et al. 2017, "On Calibration of Modern Neural Networks").
 * @returns one number a class, from 0 to 1, with sum 1
 */
export function softmax (logits: Float64Array, temperature: number): Float64Array {
  const highest = logits.reduce((max, logit) => Math.max(max, logit), -Infinity)
  const exponentials = logits.map(logit => Math.exp((logit - highest) / temperature))
  const sum = exponentials.reduce((total, value) => total + value, 0)
  return exponentials.map(value => value / sum)
}

function dot (row: Float64Array, output: Float32Array): number {
  let sum = 0
  for (let index = 0; index < row.length; index++) sum += row[index]! * output[index]!
  return sum
}
