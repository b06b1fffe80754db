import type { Manifest } from '../../../model-store/manifest.ts'
import { type Example, OUT_OF_SCOPE } from '../../data/data-set.ts'
import type { BehaviourTest } from './behaviour-test.ts'
import { directionTests } from './direction.ts'
import { invarianceTests } from './invariance.ts'
import { minimumTests } from './minimum.ts'

/** The taxonomy whose rule and desks the direction tests and plain sentences know. */
const TAXONOMY = 'home-improvement-inquiries'

/**
 * The behavioural tests for a model: about 1,200 texts, the same for the same items and seed. Models with another
 * taxonomy get the invariance tests alone.
 * @param examples items of the data set
 */
export function behaviourTests (examples: readonly Example[], { taxonomy, labels }: Pick<Manifest, 'taxonomy' | 'labels'>, seed: number): BehaviourTest[] {
  const inScope = examples.filter(({ label }) => label !== OUT_OF_SCOPE)
  const tests = invarianceTests(inScope, seed)
  if (taxonomy.name === TAXONOMY) tests.push(...directionTests(inScope, labels, seed), ...minimumTests())
  return tests.filter(({ cases }) => cases.length)
}
