import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadTokenizer } from '../../api/inference/tokenizer.ts'
import { findProjectRoot } from '../../api/project-root.ts'
import { type Graph, type Node, encodeModel } from '../../pipelines/onnx/model.ts'

/** Pieces of the tiny tokenizers in `test/fixtures/tokenizers`. */
const PIECES = 400
const VERSIONS = { ir: 8, opset: 13 }

export type TokenizerKind = 'wordpiece' | 'bpe' | 'unigram'

export function tinyTokenizer (kind: TokenizerKind): string {
  return fileURLToPath(new URL(`test/fixtures/tokenizers/${kind}`, findProjectRoot()))
}

export interface FineTunedOptions {
  /** @default 'wordpiece' */
  readonly tokenizer?: TokenizerKind
  /** What the model calls each class, and the word by which it knows it. */
  readonly classes: Readonly<Record<string, string>>
  /** What is wrong with the graph. */
  readonly fault?: 'softmax' | 'constant' | 'not a number' | 'fixed length' | 'needs positions' | 'one class less'
  /** Factor of its logits. @default 1 */
  readonly overconfidence?: number
  readonly config?: object
}

/** Writes a folder as data scientists hand it over: a real ONNX classifier that knows one word a class. */
export async function writeFineTuned (directory: string, { tokenizer = 'wordpiece', classes, fault, overconfidence = 1, config }: FineTunedOptions): Promise<void> {
  await mkdir(directory, { recursive: true })
  const names = Object.keys(classes)
  for (const file of ['tokenizer.json', 'tokenizer_config.json', 'tokenizer_parity.json']) {
    await copyFile(join(tinyTokenizer(tokenizer), file), join(directory, file))
  }
  await writeFile(join(directory, 'config.json'), JSON.stringify({
    model_type: 'bert', max_position_embeddings: 64, id2label: Object.fromEntries(names.map((name, index) => [index, name])), ...config
  }))
  const { encode } = await loadTokenizer({ directory, prefix: '', maxTokens: 64, headTokens: 32 })
  const knowledge = new Float32Array(PIECES * names.length)
  names.forEach((name, index) => {
    for (const id of encode(` ${classes[name]}`).ids.slice(1, -1)) knowledge[id * names.length + index]! += 3
  })
  await writeFile(join(directory, 'model.onnx'), encodeModel(classifier(knowledge, names.length, overconfidence, fault), VERSIONS))
}

/** Token embeddings and those of token types, their mean, a linear layer. */
function classifier (knowledge: Float32Array, size: number, overconfidence: number, fault: FineTunedOptions['fault']): Graph {
  const classes = fault === 'one class less' ? size - 1 : size
  const scale = fault === 'constant' ? 0 : fault === 'not a number' ? NaN : 4 * overconfidence
  const identity = Float32Array.from({ length: size * classes }, (_, index) => index % classes === Math.floor(index / classes) ? scale : 0)
  const shape = ['batch', fault === 'fixed length' ? 64 : 'length']
  const last = fault === 'softmax' ? 'raw' : 'logits'
  const nodes: Node[] = [
    { op: 'Gather', inputs: ['knowledge', 'input_ids'], output: 'tokens' },
    { op: 'Gather', inputs: ['types', 'token_type_ids'], output: 'token_types' },
    { op: 'Add', inputs: ['tokens', 'token_types'], output: 'embedded' },
    { op: 'ReduceMean', inputs: ['embedded'], output: 'pooled', attributes: { axes: [1], keepdims: 0 } },
    { op: 'Gemm', inputs: ['pooled', 'identity', 'bias'], output: last }
  ]
  if (fault === 'softmax') nodes.push({ op: 'Softmax', inputs: ['raw'], output: 'logits', attributes: { axis: 1 } })
  const inputs = ['input_ids', 'attention_mask', 'token_type_ids', ...(fault === 'needs positions' ? ['position_ids'] : [])]
  return {
    name: 'classifier',
    nodes,
    initializers: [
      { name: 'knowledge', shape: [PIECES, size], data: knowledge },
      { name: 'types', shape: [2, size], data: Float32Array.from({ length: 2 * size }, (_, index) => index < size ? 0.25 : NaN) }, // the second sentence's type is never asked for
      { name: 'identity', shape: [size, classes], data: identity },
      { name: 'bias', shape: [classes], data: new Float32Array(classes) }
    ],
    inputs: inputs.map(name => ({ name, type: 'int64', shape })),
    outputs: [{ name: 'logits', type: 'float32', shape: ['batch', classes] }]
  }
}

/** Writes a tiny encoder with its tokenizer: the mean of fixed token embeddings, as long as the real encoder's. */
export async function writeTinyEncoder (directory: string): Promise<void> {
  const size = 384
  await mkdir(directory, { recursive: true })
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) await copyFile(join(tinyTokenizer('wordpiece'), file), join(directory, file))
  await writeFile(join(directory, 'config.json'), JSON.stringify({ hidden_size: size, num_hidden_layers: 1 }))
  await writeFile(join(directory, 'LICENSE'), 'CC0-1.0\n')
  await writeFile(join(directory, 'model.onnx'), encodeModel({
    name: 'encoder',
    nodes: [
      { op: 'Gather', inputs: ['table', 'input_ids'], output: 'tokens' },
      { op: 'ReduceMean', inputs: ['tokens'], output: 'sentence_embedding', attributes: { axes: [1], keepdims: 0 } }
    ],
    initializers: [{ name: 'table', shape: [PIECES, size], data: Float32Array.from({ length: PIECES * size }, (_, index) => Math.sin(index * index)) }],
    inputs: [{ name: 'input_ids', type: 'int64', shape: ['batch', 'length'] }],
    outputs: [{ name: 'sentence_embedding', type: 'float32', shape: ['batch', size] }]
  }, VERSIONS))
}
