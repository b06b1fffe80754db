import { join } from 'node:path'
import Type from 'typebox'
import type { Manifest } from '../../model-store/manifest.ts'
import { readJsonFile } from '../json-file.ts'
import { EXIT, PipelineError } from '../step.ts'

/** What an encoder's `config.json` says that training needs; more is welcome. */
const EncoderConfigSchema = Type.Object({
  hidden_size: Type.Integer({ minimum: 1, description: 'Length of the embedding.' }),
  num_hidden_layers: Type.Integer({ minimum: 1 }),
  prefix: Type.Optional(Type.String({ description: 'Put before each text, as the encoder was trained.' })),
  upstream: Type.Optional(Type.String({ description: 'Where the weights come from.' }))
})

/** An encoder as training and service run it. */
export interface EncoderConfig {
  readonly layers: number
  readonly upstream: string
  readonly input: Manifest['input']
  readonly output: Manifest['output']
}

/** How much of a long mail is read: 60 % of it from the beginning. */
const LENGTHS = { maxTokens: 256, headTokens: 154 }

/** @throws {PipelineError} ERR_ENCODER when the folder's config.json lacks something or is broken */
export async function readEncoderConfig (directory: string): Promise<EncoderConfig> {
  const path = join(directory, 'config.json')
  const config = await readJsonFile(path, EncoderConfigSchema, (problem, cause) => new PipelineError('ERR_ENCODER', `${path} ${problem}`, { exitCode: EXIT.data, cause }))
  return {
    layers: config.num_hidden_layers,
    upstream: config.upstream ?? 'not stated',
    input: { prefix: config.prefix ?? '', ...LENGTHS },
    output: { kind: 'embedding', name: 'sentence_embedding', size: config.hidden_size }
  }
}
