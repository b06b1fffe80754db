import t from 'tap'
import { type Outcome, accuracy, areaUnderRoc, expectedCalibrationError, f1ByClass, macroF1 } from '../../pipelines/evaluate/metrics.ts'

const outcomes: Outcome[] = [
  { truth: 'a', predicted: 'a', confidence: 0.9 },
  { truth: 'a', predicted: 'b', confidence: 0.6 },
  { truth: 'b', predicted: 'b', confidence: 0.8 },
  { truth: 'b', predicted: 'b', confidence: 0.7 }
]

t.test('accuracy and F1 as computed by hand', async t => {
  t.equal(accuracy(outcomes), 0.75)
  t.match(f1ByClass(outcomes), { a: 2 / 3, b: 0.8 })
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
