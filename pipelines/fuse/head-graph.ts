import type { Head, NgramHead } from '../../api/inference/head.ts'
import { ELEMENT_TYPE, type Graph, type Node, type Tensor, type Value } from '../onnx/model.ts'

/** The inputs for the n-grams of a text: buckets and their weights, as `weighNgrams` gives them. */
export const NGRAM_INDICES = 'ngram_indices'
export const NGRAM_VALUES = 'ngram_values'

export const PROBABILITIES = 'probabilities'
export const LOGITS = 'logits'

/** Marks the names of what is added, lest they meet names of the encoder. */
const own = (name: string) => `inquiry/${name}`

/** What is computed from the output of a model's ONNX file. */
export interface HeadGraphOptions {
  /** The output of the model's file. */
  readonly output: { readonly name: string }
  /** Left out where that output is logits already. */
  readonly head?: Head | undefined
  readonly classes: number
  /** Divides the logits before they become probabilities; left out: logits are the result. */
  readonly temperature?: number | undefined
}

/**
 * The part behind a model's ONNX file, as a graph that is appended to it: linear head, n-grams, temperature, softmax.
 * In float64, as the service computes it, from float32 to float32. Only operators that have not changed since opset
 * 7, or that are written here as every later one reads them.
 */
export function headGraph ({ output, head, classes, temperature }: HeadGraphOptions): Graph {
  const nodes: Node[] = [cast(output.name, own('output'))]
  const initializers: Tensor[] = []
  const inputs: Value[] = []
  let scores = own('output')

  if (head) {
    initializers.push(
      { name: own('weights'), shape: [classes, head.weights[0]!.length], data: Float64Array.from(head.weights.flatMap(row => [...row])) },
      { name: own('bias'), shape: [classes], data: head.bias })
    nodes.push({ op: 'Gemm', inputs: [scores, own('weights'), own('bias')], output: own('linear'), attributes: { transB: 1 } })
    scores = own('linear')
  }
  if (head?.ngrams) {
    const part = ngramPart(head.ngrams, classes)
    initializers.push(...part.initializers)
    inputs.push(...part.inputs)
    nodes.push(...part.nodes, { op: 'Add', inputs: [scores, part.output], output: own('with_ngrams') })
    scores = own('with_ngrams')
  }
  const result = temperature === undefined ? LOGITS : PROBABILITIES
  if (temperature !== undefined) {
    initializers.push({ name: own('temperature'), shape: [], data: Float64Array.of(temperature) })
    nodes.push(
      { op: 'Div', inputs: [scores, own('temperature')], output: own('calibrated') },
      { op: 'Softmax', inputs: [own('calibrated')], output: own('softmax'), attributes: { axis: 1 } })
    scores = own('softmax')
  }
  nodes.push(cast(scores, result, 'float32'))
  return { nodes, initializers, inputs, outputs: [{ name: result, type: 'float32', shape: ['batch', classes] }] }
}

/**
 * Sum of the weights of a text's n-grams, each times its value: [batch, n] and [batch, n] to [batch, classes]. A text
 * with fewer than n is filled up with value 0; n may be 0.
 */
function ngramPart ({ options, weights }: NgramHead, classes: number) {
  const shape = ['batch', 'ngrams']
  const nodes: Node[] = [
    { op: 'Gather', inputs: [own('ngram_weights'), NGRAM_INDICES], output: own('rows32') },
    cast(own('rows32'), own('rows')),
    cast(NGRAM_VALUES, own('values')),
    { op: 'Reshape', inputs: [own('values'), own('as_row')], output: own('value_row') },
    { op: 'MatMul', inputs: [own('value_row'), own('rows')], output: own('sum_row') },
    { op: 'Reshape', inputs: [own('sum_row'), own('as_vector')], output: own('sum') }
  ]
  const initializers: Tensor[] = [
    { name: own('ngram_weights'), shape: [options.buckets, classes], data: weights },
    { name: own('as_row'), shape: [3], data: BigInt64Array.of(0n, 1n, -1n) }, // 0: as it was, -1: the rest
    { name: own('as_vector'), shape: [2], data: BigInt64Array.of(0n, BigInt(classes)) }
  ]
  const inputs: Value[] = [{ name: NGRAM_INDICES, type: 'int64', shape }, { name: NGRAM_VALUES, type: 'float32', shape }]
  return { nodes, initializers, inputs, output: own('sum') }
}

function cast (input: string, output: string, type: keyof typeof ELEMENT_TYPE = 'float64'): Node {
  return { op: 'Cast', inputs: [input], output, attributes: { to: ELEMENT_TYPE[type] } }
}
