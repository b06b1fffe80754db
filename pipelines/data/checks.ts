import { type Example, OUT_OF_SCOPE, SPLITS, type Split } from './data-set.ts'

export interface CheckLimits {
  /** Labels of the taxonomy. */
  readonly labels: readonly string[]
  /** Least examples of each label in the training split, by language. */
  readonly minPerLabel: Readonly<Record<string, number>>
  readonly minOutOfScope: number
}

/** From this Jaccard similarity on two texts count as one. */
export const NEAR_DUPLICATE = 0.5

/**
 * The tests that a data set must pass before anything is trained on it.
 * @returns what is wrong, each with the rows it is about; empty when all is well
 */
export function checkDataSet (splits: Record<Split, Example[]>, limits: CheckLimits): string[] {
  const all = SPLITS.flatMap(split => splits[split].map(example => ({ ...example, split })))
  const known = new Set([...limits.labels, OUT_OF_SCOPE])
  return [
    ...all.filter(({ label }) => !known.has(label)).map(({ split, id, label }) => `${split} ${id}: ${label} is no label of the taxonomy`),
    ...all.filter(({ text }) => text.trim() === '').map(({ split, id }) => `${split} ${id}: the text is blank`),
    ...countsBelow(splits.train, limits),
    ...limits.labels.flatMap(label => (['validation', 'test'] as const)
      .filter(split => !splits[split].some(example => example.label === label))
      .map(split => `${split}: no example of ${label}`)),
    ...similarPairs(all).map(([a, b]) => `${a.split} ${a.id} and ${b.split} ${b.id} are nearly the same text`)
  ]
}

function countsBelow (train: readonly Example[], { labels, minPerLabel, minOutOfScope }: CheckLimits): string[] {
  const outside = train.filter(({ label }) => label === OUT_OF_SCOPE).length
  return [
    ...labels.flatMap(label => Object.entries(minPerLabel).map(([language, least]) => {
      const count = train.filter(example => example.label === label && example.language === language).length
      return count < least ? `train: ${count} examples of ${label} in ${language}, ${least} are needed` : ''
    }).filter(Boolean)),
    ...(outside < minOutOfScope ? [`train: ${outside} examples out of scope, ${minOutOfScope} are needed`] : [])
  ]
}

/** Pairs of texts that are nearly the same, found through the character 5-grams and word trigrams they share. */
export function similarPairs<Item extends Pick<Example, 'text'>> (items: readonly Item[], limit = NEAR_DUPLICATE): Array<[Item, Item]> {
  const grams = items.map(({ text }) => shingles(text))
  const seen = new Map<string, number[]>()
  const pairs: Array<[Item, Item]> = []
  grams.forEach((own, index) => {
    const shared = new Map<number, number>()
    for (const gram of own) {
      const earlier = seen.get(gram)
      if (!earlier) { seen.set(gram, [index]); continue }
      for (const other of earlier) shared.set(other, (shared.get(other) ?? 0) + 1)
      earlier.push(index)
    }
    for (const [other, count] of shared) {
      if (count / (own.size + grams[other]!.size - count) >= limit) pairs.push([items[other]!, items[index]!])
    }
  })
  return pairs
}

/** What is compared: letters without marks, in lower case; texts without letters stand for themselves. */
function shingles (text: string): Set<string> {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim() || text
  const words = plain.split(' ')
  const trigrams = words.slice(2).map((_, index) => words.slice(index, index + 3).join(' '))
  const characters = Array.from({ length: Math.max(0, plain.length - 4) }, (_, index) => plain.slice(index, index + 5))
  const all = [...trigrams, ...characters]
  return new Set(all.length ? all : [plain])
}
