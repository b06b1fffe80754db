import type { Head } from './head.ts'
import { countNgrams, weighNgrams } from './ngrams.ts'

/** Turns the ONNX output of one text, and the text itself, into one logit a class. */
export type Scorer = (output: Float32Array, text: string) => Float64Array

/** Logits pass as they are. */
export const identityScorer: Scorer = output => Float64Array.from(output)

/** A linear layer over the embedding and, where the head has them, the character n-grams of the text. */
export function createLinearScorer ({ classes, weights, bias, ngrams }: Head): Scorer {
  const count = classes.length
  return (output, text) => {
    const logits = Float64Array.from(weights, (row, index) => dot(row, output) + bias[index]!)
    if (!ngrams) return logits
    const { indices, values } = weighNgrams(countNgrams(text, ngrams.options), ngrams.idf)
    for (let feature = 0; feature < indices.length; feature++) {
      const row = indices[feature]! * count
      for (let index = 0; index < count; index++) logits[index]! += values[feature]! * ngrams.weights[row + index]!
    }
    return logits
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
