import '../../api/inference/no-telemetry.ts'
import { InferenceSession } from 'onnxruntime-node'
import { SESSION_OPTIONS } from '../../api/inference/engine-settings.ts'

/** An input or output of a graph. */
export interface TensorDescription {
  readonly name: string
  /** As NumPy calls it. */
  readonly dtype: string
  /** -1 where the length is known only when the graph runs. */
  readonly shape: number[]
}

export interface GraphInterface {
  readonly inputs: TensorDescription[]
  readonly outputs: TensorDescription[]
}

/** Opens an ONNX file as the service does, in this thread: for short checks, nothing else goes on meanwhile. */
export async function withSession<Result> (file: string, work: (session: InferenceSession) => Promise<Result>): Promise<Result> {
  const session = await InferenceSession.create(file, SESSION_OPTIONS)
  try {
    return await work(session)
  } finally {
    await session.release()
  }
}

/** What a graph takes and gives. */
export function describeInterface ({ inputMetadata, outputMetadata }: InferenceSession): GraphInterface {
  return { inputs: inputMetadata.map(describe), outputs: outputMetadata.map(describe) }
}

function describe (value: InferenceSession.ValueMetadata): TensorDescription {
  if (!value.isTensor) throw new Error(`${value.name} is no tensor`)
  return { name: value.name, dtype: value.type, shape: value.shape.map(length => typeof length === 'number' ? length : -1) }
}
