import { OUT_OF_SCOPE } from '../../data/data-set.ts'
import type { BehaviourTest } from './behaviour-test.ts'
import { OUT_OF_SCOPE_SENTENCES, SENTENCES } from './sentences.ts'

const LANGUAGES = { de: 'German', en: 'English' } as const

/** Plain sentences that leave no doubt: each must get its label, and what is no business of the retailer goes to manual. */
export function minimumTests (): BehaviourTest[] {
  return (['de', 'en'] as const).flatMap((language): BehaviourTest[] => [
    {
      name: `plain sentences, ${LANGUAGES[language]}`,
      kind: 'minimum',
      cases: Object.entries(SENTENCES).flatMap(([label, sentences]) => toCases(label, language, sentences[language])),
      holds: (after, _, truth) => after.predicted === truth
    },
    {
      name: `out of scope, ${LANGUAGES[language]}`,
      kind: 'minimum',
      cases: toCases(OUT_OF_SCOPE, language, OUT_OF_SCOPE_SENTENCES[language]),
      holds: ({ decision }) => decision === 'manual'
    }
  ])
}

function toCases (truth: string, language: string, sentences: readonly string[]): BehaviourTest['cases'] {
  return sentences.map((text, index) => ({ id: `${truth}-${language}-${index + 1}`, text, truth }))
}
