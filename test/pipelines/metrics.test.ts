import t from 'tap'
import { type Outcome, accuracy, areaUnderRoc, expectedCalibrationError, macroF1, scoresByClass } from '../../pipelines/evaluate/metrics.ts'

const outcomes: Outcome[] = [
  { truth: 'a', predicted: 'a', confidence: 0.9 },
  { truth: 'a', predicted: 'b', confidence: 0.6 },
  { truth: 'b', predicted: 'b', confidence: 0.8 },
  { truth: 'b', predicted: 'b', confidence: 0.7 }
]

t.test('accuracy and F1 as computed by hand', async t => {
  t.equal(accuracy(outcomes), 0.75)
  t.match(scoresByClass(outcomes), { a: { precision: 1, recall: 0.5, f1: 2 / 3, support: 2 }, b: { precision: 2 / 3, recall: 1, f1: 0.8, support: 2 } })
  t.equal(macroF1(outcomes).toFixed(6), ((2 / 3 + 0.8) / 2).toFixed(6))
})

t.test('calibration error is the distance of confidence and hits, weighted by bin', async t => {
  t.equal(expectedCalibrationError(outcomes, 1).toFixed(6), Math.abs(0.75 - (0.9 + 0.6 + 0.8 + 0.7) / 4).toFixed(6))
  t.equal(expectedCalibrationError(outcomes, 10).toFixed(6), ((0.1 + 0.6 + 0.2 + 0.3) / 4).toFixed(6))
  t.equal(expectedCalibrationError([{ truth: 'a', predicted: 'a', confidence: 1 }]), 0, 'certainty falls into the last bin')
})

t.test('AUROC: perfect, reversed, and half for ties', async t => {
  t.equal(areaUnderRoc([3, 4], [1, 2]), 1)
  t.equal(areaUnderRoc([1, 2], [3, 4]), 0)
  t.equal(areaUnderRoc([1, 1], [1, 1]), 0.5)
  t.equal(areaUnderRoc([0.9, 0.4], [0.5, 0.1]), 0.75)
})
