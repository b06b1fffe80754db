import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { ModelStoreError } from '../../errors.ts'
import type { Manifest } from '../../manifest.ts'

/** One ONNX file from token ids to probabilities, with which MLflow itself can serve the version. */
export const FUSED_FILE = 'fused.onnx'
/** What goes in and comes out of it, in the order of the graph. */
export const FUSED_DESCRIPTION = 'fused.json'

const TensorSchema = Type.Object({
  name: Type.String({ minLength: 1 }),
  dtype: Type.String({ description: 'As numpy names it: int64, float32, …' }),
  shape: Type.Array(Type.Integer(), { description: '-1 for what differs from call to call.' })
})
const FusedSchema = Type.Object({ inputs: Type.Array(TensorSchema, { minItems: 1 }), outputs: Type.Array(TensorSchema, { minItems: 1 }) })

/** The MLflow whose layout this is, and the Python that the model is run with. */
const MLFLOW_VERSION = '3.17.2'
const PYTHON_VERSION = '3.11.7'
const ONNX_VERSION = '1.23.2'
const ONNXRUNTIME_VERSION = '1.32.0'

const ENVIRONMENT_FILES = {
  'requirements.txt': `mlflow==${MLFLOW_VERSION}\nonnx==${ONNX_VERSION}\nonnxruntime==${ONNXRUNTIME_VERSION}\n`,
  'python_env.yaml': `python: ${PYTHON_VERSION}\nbuild_dependencies: [pip]\ndependencies: [-r requirements.txt]\n`
}

/**
 * The files that make a version a model in MLflow's sense, `MLmodel` last. With `fused.onnx` among the version's files it
 * has the flavours `onnx` and `python_function`, so that `mlflow models serve` and pyfunc load it.
 * @throws {ModelStoreError} ERR_MANIFEST_INVALID when `fused.json` is missing beside it, or is no description
 */
export async function describeForMlflow (directory: string, manifest: Manifest, modelId: string): Promise<Array<readonly [name: string, content: string]>> {
  const fused = manifest.files.some(({ path }) => path === FUSED_FILE) ? await readDescription(directory) : undefined
  const model = {
    flavors: {
      inquiry_matching: { manifest: 'manifest.json', version: manifest.version },
      ...(fused && {
        onnx: { data: FUSED_FILE, onnx_version: ONNX_VERSION, providers: ['CPUExecutionProvider'] },
        python_function: { loader_module: 'mlflow.onnx', data: FUSED_FILE, python_version: PYTHON_VERSION, env: { virtualenv: 'python_env.yaml' } }
      })
    },
    mlflow_version: MLFLOW_VERSION,
    model_id: modelId,
    model_uuid: modelId,
    utc_time_created: manifest.createdAt.replace('T', ' ').replace('Z', ''),
    ...(fused && { signature: { inputs: signatureOf(fused.inputs), outputs: signatureOf(fused.outputs) } })
  }
  return [...(fused ? Object.entries(ENVIRONMENT_FILES) : []), ['MLmodel', JSON.stringify(model, null, 2) + '\n']] // JSON is YAML too
}

async function readDescription (directory: string): Promise<Static<typeof FusedSchema>> {
  const path = join(directory, FUSED_DESCRIPTION)
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new ModelStoreError('ERR_MANIFEST_INVALID', `${path}, which says what goes in and out of ${FUSED_FILE}, is missing or no JSON`, { cause })
  }
  if (!Value.Check(FusedSchema, value)) throw new ModelStoreError('ERR_MANIFEST_INVALID', `${path} does not name inputs and outputs with their dtype and shape`)
  return value
}

/** MLflow keeps a signature as JSON within JSON. */
function signatureOf (tensors: ReadonlyArray<Static<typeof TensorSchema>>): string {
  return JSON.stringify(tensors.map(({ name, dtype, shape }) => ({ name, type: 'tensor', 'tensor-spec': { dtype, shape } })))
}
