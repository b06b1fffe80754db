import type { Manifest } from '../../model-store/manifest.ts'

/** The parts of a manifest on which a decision rests. */
export type DecisionRule = Pick<Manifest, 'classes' | 'thresholds'>

export interface Decision {
  readonly decision: 'classified' | 'manual'
  readonly category: string | null
  /** Calibrated probability of the most probable category. */
  readonly confidence: number
  /** Distance between the two most probable outcomes, out of scope included. */
  readonly margin: number
  readonly reason: 'low_confidence' | 'out_of_scope' | null
  readonly alternatives: Array<{ category: string, confidence: number }>
}

/**
 * Decides on calibrated probabilities, one a class: out of scope from its threshold on, else the most probable
 * category from that category's threshold on, else manual.
 */
export function decide (probabilities: Float64Array, { classes, thresholds }: DecisionRule, topK: number): Decision {
  const ranked = classes
    .map((category, index) => ({ category, confidence: round(probabilities[index]!) }))
    .sort((a, b) => b.confidence - a.confidence)
  const categories = ranked.filter(({ category }) => category !== thresholds.outOfScope.classId)
  const best = categories[0]!
  const outOfScope = ranked.find(({ category }) => category === thresholds.outOfScope.classId)?.confidence ?? 0
  const outcome = {
    confidence: best.confidence,
    margin: round(ranked[0]!.confidence - ranked[1]!.confidence),
    alternatives: categories.slice(0, topK)
  }
  if (outOfScope >= thresholds.outOfScope.probability) return { decision: 'manual', category: null, reason: 'out_of_scope', ...outcome }
  if (best.confidence < (thresholds.perClass[best.category] ?? thresholds.default)) {
    return { decision: 'manual', category: null, reason: 'low_confidence', ...outcome }
  }
  return { decision: 'classified', category: best.category, reason: null, ...outcome }
}

/** Six decimals: more are noise, and fewer bytes travel. */
function round (value: number): number {
  return Math.round(value * 1e6) / 1e6
}
