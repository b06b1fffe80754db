import { type Scorer, loadScorer } from '../../api/inference/scores.ts'
import type { Manifest } from '../../model-store/manifest.ts'
import { embed } from '../train/embedder.ts'

export interface ScoreOptions {
  /** Folder with the outputs of encoders. */
  readonly cacheDirectory: string
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/**
 * Logits of texts, one a class, as the service computes them: of models that give an embedding and of those that
 * give logits. The model's outputs are kept, so that only texts that are new to it are run.
 * @param directory with the files of the version
 */
export async function scoreTexts (directory: string, model: Pick<Manifest, 'classes' | 'input' | 'output'>, texts: readonly string[], { cacheDirectory, onProgress }: ScoreOptions): Promise<Float64Array[]> {
  const score = await loadScorer(directory, model)
  const outputs = await embed(texts, { directory, ...model.input, output: model.output, cacheDirectory, ...(onProgress && { onProgress }) })
  return scoreOutputs(score, texts.map((text, index) => ({ text, embedding: outputs[index]! })))
}

/** Logits of texts whose model outputs are at hand. */
export function scoreOutputs (score: Scorer, items: ReadonlyArray<{ readonly text: string, readonly embedding: Float32Array }>): Float64Array[] {
  return items.map(({ text, embedding }) => score(text)(embedding))
}
