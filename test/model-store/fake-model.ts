import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manifest } from '../../model-store/manifest.ts'

export interface FakeModelOptions {
  /** @default 'fake' */
  readonly name?: string
  /** @default '1.0.0' */
  readonly version?: string
  /** Differs between two folders of the same version. @default '' */
  readonly mark?: string
  /** Further files. */
  readonly files?: Readonly<Record<string, Uint8Array>>
  /** What is written instead of the manifest. */
  readonly change?: (manifest: Manifest) => unknown
}

/** Longer than one read of a stream of 64 KiB, so that hashing sees more than one chunk. */
const MODEL_BYTES = 100_000

/** Writes a folder that can be published: a valid manifest and small files that it describes. */
export async function writeFakeModel (directory: string, { name = 'fake', version = '1.0.0', mark = '', files: further, change }: FakeModelOptions = {}): Promise<Manifest> {
  const contents = {
    'model.onnx': Buffer.alloc(MODEL_BYTES, `${name} ${version} ${mark}`),
    'tokenizer.json': Buffer.from('{}\n'),
    'tokenizer_config.json': Buffer.from('{}\n'),
    'head.json': Buffer.from(`{"mark":${JSON.stringify(mark)}}\n`),
    ...further
  }
  await mkdir(directory, { recursive: true })
  const files = await Promise.all(Object.entries(contents).map(async ([path, bytes]) => {
    await writeFile(join(directory, path), bytes)
    return { path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
  }))
  const manifest: Manifest = {
    schemaVersion: 1,
    name,
    version,
    createdAt: '2026-01-02T03:04:05.678Z',
    taxonomy: { name: 'fake', version: '1' },
    labels: [
      { id: 'red', group: 'colours', names: { de: 'Rot', en: 'Red' }, description: 'Like a tomato.' },
      { id: 'blue', group: 'colours', names: { de: 'Blau', en: 'Blue' }, description: 'Like the sea.' }
    ],
    classes: ['red', 'blue', 'none'],
    files,
    input: { prefix: '', maxTokens: 32, headTokens: 20 },
    output: { kind: 'embedding', name: 'embedding', size: 4 },
    pooling: 'mean',
    calibration: { temperature: 1 },
    thresholds: { default: 0.5, perClass: { red: 0.6 }, outOfScope: { classId: 'none', probability: 0.4 } },
    dataset: { name: 'fake', version: '1', digest: 'a'.repeat(64) },
    training: { gitCommit: 'unknown', seed: 1, parameters: { c: 1 } },
    metrics: { accuracy: 1 },
    licence: 'CC0-1.0',
    origin: 'written by a test'
  }
  await writeFile(join(directory, 'manifest.json'), JSON.stringify(change ? change(manifest) : manifest, null, 2))
  return manifest
}
