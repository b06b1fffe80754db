import type { Evaluation } from '../../pipelines/evaluate/evaluation.ts'

const quality = { items: 8, accuracy: 0.875, macroF1: 0.8667, expectedCalibrationError: 0.0412, brier: 0.213, answeredAccuracy: 0.9123, lost: 0.1234 }
/** A report whose figures all differ, with a label that would be markup if it were not escaped. */
export const evaluation: Evaluation = {
  schemaVersion: 1,
  model: { name: 'colours', version: '1.2.3', digest: 'a'.repeat(64) },
  dataset: { name: 'paints', version: '4.5.6', digest: 'b'.repeat(64), split: 'test' },
  createdAt: '2026-01-02T03:04:05.000Z',
  overall: quality,
  outOfScope: { items: 2, auroc: 0.9871, aupr: 0.7654, falsePositiveRateAt95: 0.1357, caught: 0.5 },
  perClass: { red: { precision: 0.8, recall: 0.7777, f1: 0.7887, support: 4 }, '<b>&"blue"': { precision: 1, recall: 0.9, f1: 0.9474, support: 4 } },
  confusion: { red: { red: 3, out_of_scope: 1 }, '<b>&"blue"': { '<b>&"blue"': 4 }, out_of_scope: { out_of_scope: 2 } },
  reliability: [{ from: 0.8, to: 0.9, items: 8, confidence: 0.8511, accuracy: 0.875 }],
  coverage: [{ coverage: 0.5, accuracy: 1, threshold: 0.9 }, { coverage: 1, accuracy: 0.875, threshold: 0.3 }],
  slices: { language: { de: quality, en: { ...quality, accuracy: 0.6123, answeredAccuracy: null } } },
  behaviour: [{ name: 'one typo', kind: 'invariance', cases: 9, passed: 8, failures: [{ id: 'row-17', before: 'red', after: 'out_of_scope' }] }],
  latency: { items: 8, meanTokens: 12, p50Ms: 7.77, p95Ms: 9.99 },
  sizeBytes: 47_400_000,
  parity: { items: 8, largestDifference: 0, sameDecision: 1 },
  quantization: null,
  baselines: { majority: { accuracy: 0.5111, macroF1: 0.3333 }, tfidf: { accuracy: 0.8222, macroF1: 0.8111 } },
  predictions: [{ id: 'row-17', truth: 'red', predicted: 'red', confidence: 0.85, decision: 'classified' }]
}
