import type { Example } from '../../data/data-set.ts'
import { typoRidden } from './perturbations.ts'
import { createRandom, shuffle } from '../../random.ts'

const ITEMS = 120
/** Share of the longer words with a typo, by the name of the slice. */
const LEVELS = { 'as written': 0, 'some typos': 0.15, 'typo-ridden': 0.35 } as const

/** The same items with more and more typos, for slices that tell what typing badly costs. */
export function noisyCopies (examples: readonly Example[], seed: number): Record<keyof typeof LEVELS, Example[]> {
  const items = shuffle(examples, createRandom(seed)).slice(0, ITEMS)
  const copies = Object.entries(LEVELS).map(([name, share]) => {
    const [random, perturb] = [createRandom(seed), typoRidden(share)]
    return [name, items.map(example => ({ ...example, text: perturb(example.text, random, example.language) ?? example.text }))]
  })
  return Object.fromEntries(copies)
}
