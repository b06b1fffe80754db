import t from 'tap'
import { CostModel } from '../../../api/inference/cost-model.ts'

function calibrated (): CostModel {
  const costs = new CostModel()
  costs.calibrate({ tokens: 16, ms: 5 }, { tokens: 256, ms: 65 }) // 1 ms, and 0.25 ms a token
  return costs
}

t.test('predicts by the line through the two warm-up runs', async t => {
  const costs = calibrated()
  t.same([16, 100, 256].map(tokens => costs.predict(tokens)), [5, 26, 65])
})

t.test('never predicts less for longer texts, however odd the warm-up was', async t => {
  const costs = new CostModel()
  costs.calibrate({ tokens: 16, ms: 9 }, { tokens: 256, ms: 8 })
  t.ok(costs.predict(16) > 0)
  t.ok(costs.predict(256) > costs.predict(16))
})

t.test('follows the observed times within some twenty runs', async t => {
  const costs = calibrated()
  costs.observe({ tokens: 100, ms: 52 })
  t.ok(costs.predict(100) > 26 && costs.predict(100) < 30, 'one slow run changes little')
  for (let run = 0; run < 60; run++) costs.observe({ tokens: 100, ms: 52 })
  t.ok(Math.abs(costs.predict(256) - 130) < 10, 'a slow machine is slow for every length')
  t.equal(costs.nominal(256), 65, 'the warm-up\'s time is not forgotten')
  for (let run = 0; run < 60; run++) costs.observe({ tokens: 16, ms: 5 })
  t.ok(Math.abs(costs.predict(100) - 26) < 2, 'it recovers')
  costs.observe({ tokens: 16, ms: 500 })
  costs.calibrate({ tokens: 16, ms: 5 }, { tokens: 256, ms: 65 })
  t.equal(costs.predict(16), 5, 'a new warm-up starts anew')
})
