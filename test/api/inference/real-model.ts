import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findProjectRoot } from '../../../api/project-root.ts'
import { fetchByAlias, openModelStore } from '../../../model-store/open.ts'
import type { ModelStore, StoredModel } from '../../../model-store/store.ts'

const NAME = 'inquiry-classifier'
/** Its encoder is the one that `pipelines/encoder` builds, and of which Python's answers are known. */
const REFERENCE_VERSION = '1.1.0'

/** The committed model, verified. */
export async function fetchRealModel (): Promise<StoredModel> {
  return await fetchByAlias(openStore(), NAME, 'production')
}

/** The model that `readPythonReference` speaks of. */
export async function fetchReferenceModel (): Promise<StoredModel> {
  return await openStore().fetch(NAME, REFERENCE_VERSION)
}

function openStore (): ModelStore {
  return openModelStore(`file:${fileURLToPath(new URL('model-store/models', findProjectRoot()))}`)
}

/** What Python's tokenizer and engine answer; see `pipelines/encoder/parity_fixture.py`. */
interface PythonReference {
  readonly prefix: string
  readonly model_sha256: string
  readonly tokenizer_sha256: string
  /** Whether the processor that computed the embeddings has VNNI instructions. */
  readonly vnni: boolean
  /** Ids of the whole text; of some, the beginning of the embedding. */
  readonly texts: ReadonlyArray<{ readonly text: string, readonly ids: readonly number[], readonly embedding?: readonly number[] }>
  /** `plain_ids`: when a special token in a text is taken for text. */
  readonly special_literals: ReadonlyArray<{ readonly text: string, readonly plain_ids: readonly number[] }>
}

export function readPythonReference (): PythonReference {
  return JSON.parse(readFileSync(new URL('test/fixtures/python-reference.json', findProjectRoot()), 'utf8'))
}
