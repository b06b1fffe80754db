import t from 'tap'
import { type DecisionRule, decide } from '../../../api/inference/decision.ts'

const RULE: DecisionRule = {
  classes: ['garden', 'tools', 'paint', 'none'],
  thresholds: { default: 0.5, perClass: { tools: 0.8 }, outOfScope: { classId: 'none', probability: 0.3 } }
}

const decideOn = (probabilities: number[], topK = 3, rule = RULE) => decide(Float64Array.from(probabilities), rule, topK)

t.test('classifies from the threshold on', async t => {
  t.same(decideOn([0.5, 0.2, 0.2, 0.1]), {
    decision: 'classified',
    category: 'garden',
    reason: null,
    confidence: 0.5,
    margin: 0.3,
    alternatives: [{ category: 'garden', confidence: 0.5 }, { category: 'tools', confidence: 0.2 }, { category: 'paint', confidence: 0.2 }]
  })
  t.match(decideOn([0.499_999, 0.2, 0.2, 0.100_001]), { decision: 'manual', category: null, reason: 'low_confidence', confidence: 0.499_999 })
})

t.test('asks more of a category that has its own threshold', async t => {
  t.match(decideOn([0.1, 0.79, 0.1, 0.01]), { decision: 'manual', category: null, reason: 'low_confidence' })
  t.match(decideOn([0.1, 0.8, 0.1, 0]), { decision: 'classified', category: 'tools' })
  t.match(decideOn([0.1, 0.1, 0.79, 0.01]), { decision: 'classified', category: 'paint' }, 'the others keep the default')
})

t.test('leaves to a person what is out of scope, however sure the category is', async t => {
  t.match(decideOn([0.69, 0.01, 0, 0.3]), { decision: 'manual', category: null, reason: 'out_of_scope', confidence: 0.69, margin: 0.39 })
  t.match(decideOn([0.7, 0.01, 0, 0.29]), { decision: 'classified', category: 'garden' })
  const sure = decideOn([0.05, 0.02, 0.03, 0.9])
  t.match(sure, { decision: 'manual', reason: 'out_of_scope', confidence: 0.05, margin: 0.85 })
  t.same(sure.alternatives.map(({ category }) => category), ['garden', 'paint', 'tools'], 'out of scope is no alternative')
})

t.test('decides without an out-of-scope class', async t => {
  const rule: DecisionRule = { classes: ['garden', 'tools'], thresholds: { ...RULE.thresholds, outOfScope: { classId: 'none', probability: 0.3 } } }
  t.match(decideOn([0.4, 0.6], 3, rule), { decision: 'manual', reason: 'low_confidence' })
  t.match(decideOn([0.6, 0.4], 3, rule), { decision: 'classified', category: 'garden', alternatives: { length: 2 } })
})

t.test('gives as many alternatives as asked for', async t => {
  t.same(decideOn([0.6, 0.3, 0.1, 0], 1).alternatives, [{ category: 'garden', confidence: 0.6 }])
  t.equal(decideOn([0.6, 0.3, 0.1, 0], 10).alternatives.length, 3)
})

t.test('rounds to six decimals', async t => {
  const { confidence, margin } = decideOn([2 / 3, 1 / 3, 0, 0])
  t.same([confidence, margin], [0.666_667, 0.333_334])
})
