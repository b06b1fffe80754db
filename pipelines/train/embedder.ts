import { mkdir, open, readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { monotonicMs } from '../../api/inference/clock.ts'
import { ENGINE_SETTINGS } from '../../api/inference/engine-settings.ts'
import { Scheduler } from '../../api/inference/scheduler.ts'
import { type TokenizerOptions, loadTokenizer } from '../../api/inference/tokenizer.ts'
import { digestOf } from '../data/data-set.ts'

export interface EmbedderOptions extends TokenizerOptions {
  /** Name of the ONNX output and its length. */
  readonly output: { readonly name: string, readonly size: number }
  /** Folder of the cache. */
  readonly cacheDirectory: string
  readonly onProgress?: (done: number, total: number) => void
}

const DAY_MS = 86_400_000
const KEY_BYTES = 32

/**
 * Embeds texts exactly as the service does (same tokenizer, same single-thread workers, one text a run), and keeps
 * each embedding by the digest of encoder, input options and text: a second run computes nothing.
 * @returns one embedding a text, in order
 */
export async function embed (texts: readonly string[], options: EmbedderOptions): Promise<Float32Array[]> {
  const cache = await EmbeddingCache.open(options)
  const missing = [...new Set(texts)].filter(text => !cache.has(text))
  if (missing.length) await computeAll(missing, options, cache)
  return texts.map(text => cache.get(text))
}

async function computeAll (texts: readonly string[], options: EmbedderOptions, cache: EmbeddingCache): Promise<void> {
  const tokenizer = await loadTokenizer(options)
  const workers = availableParallelism()
  const scheduler = await Scheduler.start({
    workers,
    worker: { modelPath: join(options.directory, 'model.onnx'), outputName: options.output.name, warmupTokens: [16, 64] },
    maxQueue: texts.length,
    hangMs: 60_000,
    observer: { dropped () {}, workerLost () {} }
  })
  const ticket = scheduler.admit({ tokens: [1], deadlineAt: monotonicMs() + DAY_MS })
  try {
    let done = 0
    const remaining = texts.values()
    const work = async () => {
      for (const text of remaining) {
        const { output } = await scheduler.run(ticket, tokenizer.encode(text).ids)
        cache.set(text, output)
        options.onProgress?.(++done, texts.length)
      }
    }
    await Promise.all(Array.from({ length: 2 * workers }, work))
  } finally {
    ticket.close()
    await scheduler.close(1_000)
    await cache.save()
  }
}

/** Embeddings in one file: records of a key (SHA-256 of the text) and float32 numbers. */
class EmbeddingCache {
  readonly #path: string
  readonly #known = new Map<string, Float32Array>()
  readonly #added: Array<[string, Float32Array]> = []

  private constructor (path: string) {
    this.#path = path
  }

  static async open (options: EmbedderOptions): Promise<EmbeddingCache> {
    const files = await Promise.all(['model.onnx', 'tokenizer.json'].map(async file => digestOf(await readFile(join(options.directory, file)))))
    const inputs = [options.prefix, options.maxTokens, options.headTokens, options.output.name, ENGINE_SETTINGS]
    const cache = new EmbeddingCache(join(options.cacheDirectory, `${digestOf(JSON.stringify([files, inputs])).slice(0, 32)}.bin`))
    const bytes = await readFile(cache.#path).catch(() => Buffer.alloc(0))
    const recordBytes = KEY_BYTES + 4 * options.output.size
    for (let start = 0; start + recordBytes <= bytes.length; start += recordBytes) {
      const values = bytes.subarray(start + KEY_BYTES, start + recordBytes)
      const embedding = Float32Array.from({ length: options.output.size }, (_, index) => values.readFloatLE(4 * index))
      cache.#known.set(bytes.toString('hex', start, start + KEY_BYTES), embedding)
    }
    return cache
  }

  has (text: string): boolean { return this.#known.has(digestOf(text)) }

  get (text: string): Float32Array { return this.#known.get(digestOf(text))! }

  set (text: string, embedding: Float32Array): void {
    const key = digestOf(text)
    this.#known.set(key, embedding)
    this.#added.push([key, embedding])
  }

  async save (): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true })
    const file = await open(this.#path, 'a')
    try {
      for (const [key, embedding] of this.#added.splice(0)) {
        const values = Buffer.alloc(4 * embedding.length)
        embedding.forEach((value, index) => values.writeFloatLE(value, 4 * index))
        await file.write(Buffer.concat([Buffer.from(key, 'hex'), values]))
      }
    } finally {
      await file.close()
    }
  }
}
