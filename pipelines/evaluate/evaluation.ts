import Type, { type Static } from 'typebox'

const Share = Type.Number({ minimum: 0, maximum: 1 })
const Counts = Type.Record(Type.String(), Type.Integer())

/** The figures of a set of outcomes; `null` where there are none to count. */
const QualitySchema = Type.Object({
  items: Type.Integer(),
  accuracy: Share,
  macroF1: Share,
  expectedCalibrationError: Share,
  brier: Type.Number({ description: 'Mean squared distance between the probabilities and the truth, summed over the classes (0 to 2).' }),
  answeredAccuracy: Type.Union([Share, Type.Null()], { description: 'Of those that were answered: rightly.' }),
  lost: Share
})

/** What is known of a model on one split of a data set: `evaluation.json`, which goes with the version. */
export const EvaluationSchema = Type.Object({
  schemaVersion: Type.Literal(1),
  model: Type.Object({ name: Type.String(), version: Type.String(), digest: Type.String({ description: 'SHA-256 over the checksums of the files that answer: all but reports and documents.' }) }),
  dataset: Type.Object({ name: Type.String(), version: Type.String(), digest: Type.String(), split: Type.String() }),
  createdAt: Type.String(),
  /** In scope; the most probable label against the truth. */
  overall: QualitySchema,
  outOfScope: Type.Object({
    items: Type.Integer(),
    auroc: Share,
    aupr: Share,
    falsePositiveRateAt95: Type.Number({ description: 'Of those in scope: flagged, where 95 % of those out of scope are.' }),
    caught: Share
  }),
  perClass: Type.Record(Type.String(), Type.Object({ precision: Share, recall: Share, f1: Share, support: Type.Integer() })),
  confusion: Type.Record(Type.String(), Counts, { description: 'Truth, then prediction, out of scope included; zeroes left out.' }),
  reliability: Type.Array(Type.Object({ from: Share, to: Share, items: Type.Integer(), confidence: Share, accuracy: Share })),
  coverage: Type.Array(Type.Object({ coverage: Share, accuracy: Share, threshold: Share }), { description: 'Accuracy of the most certain part.' }),
  slices: Type.Record(Type.String(), Type.Record(Type.String(), QualitySchema), { description: 'By dimension (language, length, channel, style, noise), then value.' }),
  behaviour: Type.Array(Type.Object({
    name: Type.String(),
    kind: Type.Enum(['invariance', 'direction', 'minimum']),
    cases: Type.Integer(),
    passed: Type.Integer(),
    failures: Type.Array(Type.Object({ id: Type.String(), before: Type.String(), after: Type.String() }), { description: 'The first of them.' })
  })),
  latency: Type.Object({ items: Type.Integer(), meanTokens: Type.Number(), p50Ms: Type.Number(), p95Ms: Type.Number() }, { description: 'One thread, tokenizing to decision.' }),
  sizeBytes: Type.Integer(),
  parity: Type.Object({ items: Type.Integer(), largestDifference: Type.Number(), sameDecision: Share }, { description: 'The evaluation\'s scores against those of the service\'s own classifier.' }),
  quantization: Type.Union([Type.Null(), Type.Object({ items: Type.Integer(), meanCosine: Type.Number(), minCosine: Type.Number(), sameLabel: Share })], { description: 'Against the float encoder, where one was given.' }),
  baselines: Type.Record(Type.String(), Type.Object({ accuracy: Share, macroF1: Share }), { description: 'majority, keywords, tfidf: trained on the same training split.' }),
  predictions: Type.Array(Type.Object({
    id: Type.String(),
    truth: Type.String(),
    predicted: Type.String({ description: 'Most probable class, out of scope included.' }),
    confidence: Share,
    decision: Type.Enum(['classified', 'manual'])
  }), { description: 'For paired comparisons; no text.' })
}, { additionalProperties: false })

export type Evaluation = Static<typeof EvaluationSchema>
export type Quality = Static<typeof QualitySchema>

export const EVALUATION_FILE = 'evaluation.json'
export const EVALUATION_PAGE = 'evaluation.html'
