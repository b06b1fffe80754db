import type { Evaluation } from '../evaluation.ts'

/** What a model says of a text. */
export interface Answer {
  /** The most probable class, out of scope included. */
  readonly predicted: string
  readonly decision: 'classified' | 'manual'
  /** Probability of a class; 0 of one that the model does not have. */
  probability(id: string): number
}

export interface BehaviourCase {
  /** Of the data set's row, or of the sentence. */
  readonly id: string
  readonly text: string
  /** Before the change; left out where nothing was changed. */
  readonly original?: string
  /** The class that a person gives it. */
  readonly truth: string
}

/**
 * One test in CheckList's sense (Ribeiro et al. 2020, "Beyond Accuracy: Behavioral Testing of NLP Models"): texts
 * and what must hold of the answers to them.
 */
export interface BehaviourTest {
  readonly name: string
  readonly kind: BehaviourResult['kind']
  readonly cases: readonly BehaviourCase[]
  /** @param before answer to the original; to the text itself where nothing was changed */
  holds(after: Answer, before: Answer, truth: string): boolean
}

type BehaviourResult = Evaluation['behaviour'][number]

/** Failures that are named. */
const NAMED_FAILURES = 20

/** Every text that must be scored to judge the tests. */
export function textsOf (tests: readonly BehaviourTest[]): string[] {
  return tests.flatMap(({ cases }) => cases.flatMap(({ text, original }) => original === undefined ? [text] : [original, text]))
}

/**
 * Judges the tests. Of a failure its id and labels are told, never a text.
 * @param answerTo what the model says of each of `textsOf(tests)`
 */
export function judge (tests: readonly BehaviourTest[], answerTo: (text: string) => Answer): Evaluation['behaviour'] {
  return tests.map(({ name, kind, cases, holds }) => {
    const judged = cases.map(({ id, text, original, truth }) => {
      const [before, after] = [answerTo(original ?? text), answerTo(text)]
      const holding = holds(after, before, truth)
      return { holding, failure: { id, before: original === undefined ? truth : before.predicted, after: after.predicted } }
    })
    const failed = judged.filter(({ holding }) => !holding)
    return { name, kind, cases: cases.length, passed: cases.length - failed.length, failures: failed.slice(0, NAMED_FAILURES).map(({ failure }) => failure) }
  })
}
