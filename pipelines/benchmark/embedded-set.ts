import { showProgress } from '../progress.ts'
import { type EmbedderOptions, embed } from '../train/embedder.ts'
import type { TrainingItem } from '../train/train-head.ts'
import type { BenchmarkSet, LabelledText } from './sets.ts'

/** A benchmark whose texts have their embeddings. */
export interface EmbeddedSet {
  readonly name: string
  readonly train: TrainingItem[]
  readonly validation: TrainingItem[]
  readonly validationOutOfScope: TrainingItem[]
  readonly test: TrainingItem[]
  readonly outOfScope: TrainingItem[]
}

export async function embedSet (set: BenchmarkSet, encoder: EmbedderOptions): Promise<EmbeddedSet> {
  const unlabelled = (texts: readonly string[]): LabelledText[] => texts.map(text => ({ text, label: '' }))
  const parts = [set.train, set.validation, unlabelled(set.validationOutOfScope), set.test, unlabelled(set.outOfScope)]
  const all = parts.flat()
  const embeddings = await embed(all.map(({ text }) => text), { ...encoder, onProgress: showProgress(`embedding ${set.name}`) })
  const items = all.map((item, index) => ({ ...item, embedding: embeddings[index]! }))
  const [train, validation, validationOutOfScope, test, outOfScope] = parts.map(part => items.splice(0, part.length))
  return { name: set.name, train: train!, validation: validation!, validationOutOfScope: validationOutOfScope!, test: test!, outOfScope: outOfScope! }
}
