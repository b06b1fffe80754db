import { Writer } from 'protobufjs/minimal.js'

/** A graph of ONNX, as far as it is written here. */
export interface Graph {
  readonly name?: string
  readonly nodes: readonly Node[]
  readonly initializers: readonly Tensor[]
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
}

export interface Node {
  readonly op: string
  readonly inputs: readonly string[]
  readonly output: string
  /** Whole numbers and lists of them. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>
}

export interface Tensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly data: Float32Array | Float64Array | BigInt64Array
}

export interface Value {
  readonly name: string
  readonly type: keyof typeof ELEMENT_TYPE
  /** A name stands for a length that is known only when the graph runs. */
  readonly shape: ReadonlyArray<number | string>
}

/** TensorProto.DataType */
export const ELEMENT_TYPE = { float32: 1, int64: 7, float64: 11 } as const

/** AttributeProto.AttributeType */
const ATTRIBUTE_TYPE = { int: 2, ints: 7 } as const

/** What a whole model says beside its graph; left out of a fragment. */
export interface Versions {
  /** Version of the file format. */
  readonly ir: number
  /** Version of the operators. */
  readonly opset: number
}

/**
 * Writes a graph as ONNX: protocol buffers with the field numbers of onnx.proto3.
 *
 * Serialized messages of one type can be joined: parsers merge embedded messages and append repeated fields
 * (protobuf.dev, "Last One Wins"). So a fragment, without `versions`, that is appended to a model's file adds its
 * nodes, initializers, inputs and outputs to the model's graph.
 */
export function encodeModel (graph: Graph, versions?: Versions): Uint8Array {
  const model = Writer.create()
  if (versions) {
    model.uint32(tag(1, VARINT)).int64(versions.ir)
    embed(model, 8, operators => { operators.uint32(tag(2, VARINT)).int64(versions.opset) })
  }
  embed(model, 7, writer => writeGraph(writer, graph))
  return model.finish()
}

const VARINT = 0
const LENGTH_DELIMITED = 2

function tag (field: number, wireType: number): number {
  return field << 3 | wireType
}

function embed (parent: Writer, field: number, write: (writer: Writer) => void): void {
  parent.uint32(tag(field, LENGTH_DELIMITED)).fork()
  write(parent)
  parent.ldelim()
}

function string (writer: Writer, field: number, value: string): void {
  writer.uint32(tag(field, LENGTH_DELIMITED)).string(value)
}

function integer (writer: Writer, field: number, value: number): void {
  writer.uint32(tag(field, VARINT)).int64(value)
}

function writeGraph (writer: Writer, { name, nodes, initializers, inputs, outputs }: Graph): void {
  for (const node of nodes) embed(writer, 1, part => writeNode(part, node))
  if (name !== undefined) string(writer, 2, name)
  for (const tensor of initializers) embed(writer, 5, part => writeTensor(part, tensor))
  for (const value of inputs) embed(writer, 11, part => writeValue(part, value))
  for (const value of outputs) embed(writer, 12, part => writeValue(part, value))
}

function writeNode (writer: Writer, { op, inputs, output, attributes = {} }: Node): void {
  for (const input of inputs) string(writer, 1, input)
  string(writer, 2, output)
  string(writer, 3, `${output}/${op}`)
  string(writer, 4, op)
  for (const [name, value] of Object.entries(attributes)) {
    embed(writer, 5, attribute => {
      string(attribute, 1, name)
      if (typeof value === 'number') integer(attribute, 3, value)
      else for (const item of value) integer(attribute, 8, item)
      integer(attribute, 20, typeof value === 'number' ? ATTRIBUTE_TYPE.int : ATTRIBUTE_TYPE.ints)
    })
  }
}

function writeTensor (writer: Writer, { name, shape, data }: Tensor): void {
  for (const length of shape) integer(writer, 1, length)
  integer(writer, 2, elementType(data))
  string(writer, 8, name)
  writer.uint32(tag(9, LENGTH_DELIMITED)).bytes(littleEndian(data))
}

function writeValue (writer: Writer, { name, type, shape }: Value): void {
  string(writer, 1, name)
  embed(writer, 2, ofType => embed(ofType, 1, tensor => {
    integer(tensor, 1, ELEMENT_TYPE[type])
    embed(tensor, 2, dimensions => {
      for (const length of shape) {
        embed(dimensions, 1, dimension => {
          if (typeof length === 'number') integer(dimension, 1, length)
          else string(dimension, 2, length)
        })
      }
    })
  }))
}

function elementType (data: Tensor['data']): number {
  if (data instanceof Float32Array) return ELEMENT_TYPE.float32
  return data instanceof Float64Array ? ELEMENT_TYPE.float64 : ELEMENT_TYPE.int64
}

/** Every processor that Node runs on here keeps numbers in ONNX's order of bytes. */
function littleEndian (data: Tensor['data']): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
