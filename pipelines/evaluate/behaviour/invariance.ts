import type { Example } from '../../data/data-set.ts'
import type { BehaviourTest } from './behaviour-test.ts'
import { type Perturbation, capitals, closed, greeted, lowerCase, otherNumbers, typo, umlautsBare, umlautsSpelledOut, withoutPunctuation } from './perturbations.ts'
import { createRandom, shuffle } from '../../random.ts'

const PERTURBATIONS: Readonly<Record<string, Perturbation>> = {
  'one typo': typo,
  'umlauts spelled out': umlautsSpelledOut,
  'umlauts without dots': umlautsBare,
  'greeting added': greeted,
  'closing added': closed,
  'other numbers': otherNumbers,
  'lower case': lowerCase,
  capitals,
  'no punctuation': withoutPunctuation
}

const CASES = 100

/** The most probable class must stay when the text is only written otherwise. Each test draws its own items. */
export function invarianceTests (examples: readonly Example[], seed: number): BehaviourTest[] {
  return Object.entries(PERTURBATIONS).map(([name, perturb], index) => {
    const random = createRandom(seed + index)
    const cases = []
    for (const { id, text, label, language } of shuffle(examples, random)) {
      const changed = perturb(text, random, language)
      if (changed !== undefined) cases.push({ id, text: changed, original: text, truth: label })
      if (cases.length === CASES) break
    }
    return { name, kind: 'invariance', cases, holds: (after, before) => after.predicted === before.predicted }
  })
}
