import type { Head } from '../../api/inference/head.ts'
import { createLinearScorer, softmax } from '../../api/inference/scores.ts'
import type { Outcome } from '../evaluate/metrics.ts'
import { scoreOutputs } from '../score/score-texts.ts'
import type { ScoredItem } from './thresholds.ts'
import type { TrainingItem } from './train-head.ts'
import { fitTemperature } from './calibration.ts'

/** Logits of each item, as serving computes them. */
export function scoreItems (head: Head, items: readonly TrainingItem[]): Float64Array[] {
  return scoreOutputs(createLinearScorer(head), items)
}

/** The temperature that fits the items best. */
export function calibrate (head: Head, items: readonly TrainingItem[]): number {
  const logits = scoreItems(head, items)
  return fitTemperature(items.map(({ label }, index) => ({ logits: logits[index]!, label: head.classes.indexOf(label) })))
}

/** Calibrated probabilities of each item. */
export function scoreWithTemperature (head: Head, items: readonly TrainingItem[], temperature: number): ScoredItem[] {
  return scoreItems(head, items).map((logits, index) => ({ probabilities: softmax(logits, temperature), truth: items[index]!.label }))
}

/** The most probable class of each item. */
export function toOutcomes (classes: readonly string[], items: readonly ScoredItem[]): Outcome[] {
  return items.map(({ probabilities, truth }) => {
    const confidence = Math.max(...probabilities)
    return { truth, predicted: classes[probabilities.indexOf(confidence)]!, confidence }
  })
}
