import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import { SESSION_OPTIONS } from '../api/inference/engine-settings.ts'
import { feedsOf } from '../api/inference/feeds.ts'
import { loadScorer } from '../api/inference/scores.ts'
import { loadTokenizer } from '../api/inference/tokenizer.ts'
import type { ModelStore } from '../model-store/store.ts'
import { quantile } from './statistics.ts'

/** An inquiry of 40 tokens, give or take the prefix of a version. */
const TEXT = 'Guten Tag, ich habe am Dienstag zwei Eimer Wandfarbe bestellt, aber nur einer ist angekommen. Wann kommt der zweite, und muss ich dafür zu Hause sein?'
const BLOCK = 20
const WARM_UP = 50

/** One inquiry at a time on one thread: the versions in turn, in short blocks, so that all meet the same neighbours. */
export async function measureVersions (store: ModelStore, name: string, versions: readonly string[], rounds: number): Promise<void> {
  const contenders = await Promise.all(versions.map(async version => await prepare(store, name, version)))
  for (const { classify } of contenders) for (let run = 0; run < WARM_UP; run++) await classify()
  for (let round = 0; round < rounds; round++) {
    for (const { classify, times } of contenders) {
      for (let run = 0; run < BLOCK; run++) {
        const startedAt = performance.now()
        await classify()
        times.push(performance.now() - startedAt)
      }
    }
  }
  console.log('| version | tokens | model.onnx, MB | least, ms | p50, ms | p95, ms |\n|---|---|---|---|---|---|')
  for (const { version, tokens, bytes, times } of contenders) {
    console.log(`| ${version} | ${tokens} | ${(bytes / 1e6).toFixed(1)} | ${Math.min(...times).toFixed(2)} | ${quantile(times, 0.5).toFixed(2)} | ${quantile(times, 0.95).toFixed(2)} |`)
  }
  await Promise.all(contenders.map(async ({ session }) => await session.release()))
}

async function prepare (store: ModelStore, name: string, version: string) {
  const { manifest, directory } = await store.fetch(name, version)
  const tokenizer = await loadTokenizer({ directory, ...manifest.input })
  const session = await InferenceSession.create(join(directory, 'model.onnx'), SESSION_OPTIONS)
  const score = await loadScorer(directory, manifest)
  const classify = async () => {
    const outputs = await session.run(feedsOf(tokenizer.encode(TEXT).ids, session.inputNames), [manifest.output.name])
    score(TEXT)(outputs[manifest.output.name]!.data as Float32Array)
  }
  const bytes = manifest.files.find(({ path }) => path === 'model.onnx')!.size
  return { version, session, classify, times: [] as number[], tokens: tokenizer.encode(TEXT).tokens, bytes }
}
