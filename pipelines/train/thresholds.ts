import type { Manifest } from '../../model-store/manifest.ts'
import { decide } from '../../api/inference/decision.ts'
import { OUT_OF_SCOPE } from '../data/data-set.ts'

/** Calibrated probabilities of one item, one a class, and its true class. */
export interface ScoredItem {
  readonly probabilities: Float64Array
  readonly truth: string
}

export interface ThresholdTargets {
  /** Largest share of inquiries in scope that may go to manual. */
  readonly maxLost: number
  /** Least share of right ones among the answers, where it can be had. */
  readonly answeredAccuracy: number
  /** Each label's answers must be right this often on the validation split, where enough of them are there. */
  readonly labelPrecision: number
}

type Thresholds = Manifest['thresholds']

/** From 0.1 on: an inquiry whose desk is certain to 90 % is answered. */
const OUT_OF_SCOPE_GRID = range(0.1, 0.9, 0.025)
const CONFIDENCE_GRID = range(0, 0.6, 0.025)
/** For models without a class for what is out of scope: confidence alone must tell. */
const CONFIDENCE_ALONE_GRID = range(0, 0.95, 0.025)
/** A probability that a class which is not there never has. */
const NEVER = 1
const LABEL_GRID = range(0, 0.7, 0.05)
/** A label's own threshold rests on at least so many answers. */
const MIN_ANSWERS = 10
/** Part of `maxLost` kept for the labels' own thresholds. */
const LABEL_SHARE = 0.15

/**
 * Chooses when an inquiry goes to manual. First the out-of-scope threshold and the common least confidence: of all
 * pairs that lose few enough good inquiries and answer accurately enough, the one with the highest sum of two shares:
 * of those in scope, answered rightly; of those out of scope, sent to manual. Then a higher threshold for labels that
 * are answered wrongly too often. A model that no pair suits gets the one that loses least: the gate is there to say no.
 */
export function chooseThresholds (items: readonly ScoredItem[], classes: readonly string[], targets: ThresholdTargets): Thresholds {
  const rejects = classes.includes(OUT_OF_SCOPE)
  const candidates = (rejects ? OUT_OF_SCOPE_GRID : [NEVER]).flatMap(outOfScope => (rejects ? CONFIDENCE_GRID : CONFIDENCE_ALONE_GRID).map(confidence => {
    const thresholds: Thresholds = { default: confidence, perClass: {}, outOfScope: { classId: OUT_OF_SCOPE, probability: outOfScope } }
    return { thresholds, ...rates(items, classes, thresholds) }
  }))
  const allowed = candidates.filter(({ lost }) => lost <= targets.maxLost * (1 - LABEL_SHARE))
  const accurate = allowed.filter(({ answeredAccuracy }) => answeredAccuracy >= targets.answeredAccuracy)
  const choice = [accurate, allowed, leastLost(candidates)].find(({ length }) => length > 0)!
  const common = choice.reduce((best, candidate) => score(candidate) > score(best) ? candidate : best).thresholds
  const perClass: Record<string, number> = {}
  for (const label of classes.filter(id => id !== OUT_OF_SCOPE)) {
    const threshold = labelThreshold(items, classes, common, label, targets.labelPrecision)
    if (threshold === undefined) continue
    const raised = { ...common, perClass: { ...perClass, [label]: threshold } }
    if (rates(items, classes, raised).lost <= targets.maxLost) perClass[label] = threshold
  }
  return { ...common, perClass }
}

/** Shares that follow from thresholds. */
export interface Rates {
  /** Of the inquiries in scope: sent to manual. */
  readonly lost: number
  /** Of the inquiries out of scope: sent to manual; 0 where there are none. */
  readonly caught: number
  /** Of the inquiries in scope that were answered: rightly. */
  readonly answeredAccuracy: number
}

export function rates (items: readonly ScoredItem[], classes: readonly string[], thresholds: Thresholds): Rates {
  const decided = items.map(({ probabilities, truth }) => ({ truth, ...decide(probabilities, { classes: [...classes], thresholds }, 1) }))
  const inScope = decided.filter(({ truth }) => truth !== OUT_OF_SCOPE)
  const answered = inScope.filter(({ decision }) => decision === 'classified')
  const outside = decided.filter(({ truth }) => truth === OUT_OF_SCOPE)
  return {
    lost: 1 - answered.length / inScope.length,
    caught: outside.length ? outside.filter(({ decision }) => decision === 'manual').length / outside.length : 0,
    answeredAccuracy: answered.filter(({ category, truth }) => category === truth).length / answered.length
  }
}

/** Share of those in scope that are answered rightly, plus share of those out of scope that are caught. */
function score ({ lost, caught, answeredAccuracy }: Rates): number {
  return (1 - lost) * answeredAccuracy + caught
}

function leastLost<Candidate extends Rates> (candidates: readonly Candidate[]): Candidate[] {
  const least = Math.min(...candidates.map(({ lost }) => lost))
  return candidates.filter(({ lost }) => lost === least)
}

function labelThreshold (items: readonly ScoredItem[], classes: readonly string[], common: Thresholds, label: string, precision: number): number | undefined {
  const answers = items
    .map(({ probabilities, truth }) => ({ truth, ...decide(probabilities, { classes: [...classes], thresholds: common }, 1) }))
    .filter(({ category }) => category === label)
  const precisionFrom = (threshold: number) => {
    const kept = answers.filter(({ confidence }) => confidence >= threshold)
    return kept.length < MIN_ANSWERS ? undefined : kept.filter(({ truth }) => truth === label).length / kept.length
  }
  if ((precisionFrom(0) ?? 1) >= precision) return undefined
  return LABEL_GRID.find(threshold => threshold > common.default && (precisionFrom(threshold) ?? 0) >= precision)
}

function range (from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => Number((from + index * step).toFixed(4)))
}
