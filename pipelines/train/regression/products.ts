import '../../../api/inference/no-telemetry.ts'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { SESSION_OPTIONS } from '../../../api/inference/engine-settings.ts'
import { encodeModel } from '../../onnx/model.ts'

/** A dense matrix, row by row. */
export interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly values: Float64Array
}

/** Products of matrices, in double precision on one thread. */
export interface Products {
  /** a · bᵀ */
  timesTransposed(a: Matrix, b: Matrix): Promise<Float64Array>
  /** aᵀ · b */
  transposedTimes(a: Matrix, b: Matrix): Promise<Float64Array>
  close(): Promise<void>
}

/** The engine that serves the model multiplies ten times faster than a loop here: two graphs of one operator each. */
export async function openProducts (): Promise<Products> {
  const [transposedSecond, transposedFirst] = await Promise.all([product('transB'), product('transA')])
  return {
    timesTransposed: async (a, b) => await multiply(transposedSecond, a, b),
    transposedTimes: async (a, b) => await multiply(transposedFirst, a, b),
    close: async () => { await Promise.all([transposedSecond.release(), transposedFirst.release()]) }
  }
}

async function product (transposition: 'transA' | 'transB'): Promise<InferenceSession> {
  const matrix = (name: string) => ({ name, type: 'float64' as const, shape: [`${name} rows`, `${name} columns`] })
  const graph = {
    name: 'product',
    nodes: [{ op: 'Gemm', inputs: ['a', 'b'], output: 'product', attributes: { [transposition]: 1 } }],
    initializers: [],
    inputs: [matrix('a'), matrix('b')],
    outputs: [matrix('product')]
  }
  return await InferenceSession.create(encodeModel(graph, { ir: 8, opset: 13 }), SESSION_OPTIONS)
}

async function multiply (session: InferenceSession, a: Matrix, b: Matrix): Promise<Float64Array> {
  const { product } = await session.run({ a: toTensor(a), b: toTensor(b) })
  return product!.data as Float64Array
}

function toTensor ({ rows, columns, values }: Matrix): Tensor {
  return new Tensor('float64', values, [rows, columns])
}
