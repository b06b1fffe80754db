import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { ModelStoreError } from './errors.ts'
import { NAME_PATTERN } from './names.ts'

const SHA256 = '^[0-9a-f]{64}$'

const FileSchema = Type.Object({
  path: Type.String({ pattern: NAME_PATTERN, description: 'Name of the file in the version\'s folder.' }),
  size: Type.Integer({ minimum: 0, description: 'Bytes.' }),
  sha256: Type.String({ pattern: SHA256 })
}, { additionalProperties: false })

const LabelSchema = Type.Object({
  id: Type.String({ minLength: 1 }),
  group: Type.String(),
  names: Type.Record(Type.String(), Type.String()),
  description: Type.String()
}, { additionalProperties: false })

const probability = Type.Number({ minimum: 0, maximum: 1 })

/**
 * Everything that is known of a model version and everything needed to run it. `classes` are the model's outputs
 * in order: the labels, and `outOfScope.classId` where rejection is learned as a class of its own.
 */
export const ManifestSchema = Type.Object({
  schemaVersion: Type.Literal(1),
  name: Type.String({ pattern: NAME_PATTERN }),
  version: Type.String({ pattern: NAME_PATTERN }),
  createdAt: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$' }),
  taxonomy: Type.Object({ name: Type.String(), version: Type.String() }, { additionalProperties: false }),
  labels: Type.Array(LabelSchema, { minItems: 2 }),
  classes: Type.Array(Type.String(), { minItems: 2 }),
  files: Type.Array(FileSchema, { minItems: 1 }),
  input: Type.Object({
    prefix: Type.String({ description: 'Put before each text, as the encoder was trained with.' }),
    maxTokens: Type.Integer({ minimum: 8, description: 'Tokens the model reads, special ones included.' }),
    headTokens: Type.Integer({ minimum: 1, description: 'Of a longer text: how many tokens of its beginning are kept (special ones and prefix included); the rest of `maxTokens` is its end.' })
  }, { additionalProperties: false }),
  output: Type.Object({
    kind: Type.Enum(['embedding', 'logits'], { description: 'What the ONNX file gives: an embedding, which `head.json` turns into logits, or logits.' }),
    name: Type.String({ description: 'Name of the ONNX output.' }),
    size: Type.Integer({ minimum: 1, description: 'Length of the output for one text.' })
  }, { additionalProperties: false }),
  pooling: Type.String(),
  calibration: Type.Object({ temperature: Type.Number({ exclusiveMinimum: 0 }) }, { additionalProperties: false }),
  thresholds: Type.Object({
    default: probability,
    perClass: Type.Record(Type.String(), probability, { description: 'Least confidence for a label; `default` for the others.' }),
    outOfScope: Type.Object({
      classId: Type.String(),
      probability: Type.Number({ minimum: 0, maximum: 1, description: 'From this probability of the class on, the inquiry is out of scope.' })
    }, { additionalProperties: false })
  }, { additionalProperties: false }),
  dataset: Type.Object({ name: Type.String(), version: Type.String(), digest: Type.String({ pattern: SHA256 }) }, { additionalProperties: false }),
  training: Type.Object({
    gitCommit: Type.String(),
    seed: Type.Integer(),
    parameters: Type.Record(Type.String(), Type.Unknown())
  }, { additionalProperties: false }),
  metrics: Type.Record(Type.String(), Type.Number()),
  licence: Type.String(),
  origin: Type.String({ description: 'Where the weights come from.' })
}, { additionalProperties: false })

export type Manifest = Static<typeof ManifestSchema>
export type ManifestFile = Static<typeof FileSchema>

/**
 * Reads a manifest.
 * @param source where it came from, for the message
 * @throws {ModelStoreError} ERR_MANIFEST_INVALID names the source and each wrong field
 */
export function parseManifest (json: string, source: string): Manifest {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw new ModelStoreError('ERR_MANIFEST_INVALID', `${source} is not valid JSON`, { cause })
  }
  if (!Value.Check(ManifestSchema, value)) {
    const reasons = Value.Errors(ManifestSchema, value).slice(0, 5).map(error => `${error.instancePath || '/'} ${error.message}`)
    throw new ModelStoreError('ERR_MANIFEST_INVALID', `${source} is no valid manifest: ${reasons.join('; ')}`)
  }
  const inconsistency = findInconsistency(value)
  if (inconsistency) throw new ModelStoreError('ERR_MANIFEST_INVALID', `${source} contradicts itself: ${inconsistency}`)
  return value
}

/** What the schema cannot say: the parts of a manifest that must agree. */
function findInconsistency (manifest: Manifest): string | undefined {
  const classes = new Set(manifest.classes)
  const { outOfScope, perClass } = manifest.thresholds
  const missing = manifest.labels.find(label => !classes.has(label.id))
  if (missing) return `label ${missing.id} is not among the classes`
  const expected = manifest.labels.length + (classes.has(outOfScope.classId) ? 1 : 0)
  if (classes.size !== manifest.classes.length) return 'a class is listed twice'
  if (classes.size !== expected) return 'there are classes that are neither a label nor the out-of-scope class'
  const unknown = Object.keys(perClass).find(id => !classes.has(id))
  if (unknown) return `there is a threshold for the unknown class ${unknown}`
  if (manifest.input.headTokens > manifest.input.maxTokens) return 'headTokens is above maxTokens'
  if (manifest.output.kind === 'embedding' && !manifest.files.some(file => file.path === 'head.json')) return 'an embedding needs head.json'
  for (const required of ['model.onnx', 'tokenizer.json', 'tokenizer_config.json']) {
    if (!manifest.files.some(file => file.path === required)) return `${required} is not among the files`
  }
  return undefined
}
