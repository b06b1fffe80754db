import Type, { type Static } from 'typebox'

/** Of the way the figures are made: one more whenever the same model would get others, so that old reports are made anew. */
export const EVALUATION_SCHEMA_VERSION = 1

const Share = Type.Number({ minimum: 0, maximum: 1 })
const ShareOrNull = Type.Union([Share, Type.Null()])
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
  schemaVersion: Type.Literal(EVALUATION_SCHEMA_VERSION),
  model: Type.Object({ name: Type.String(), version: Type.String(), digest: Type.String({ description: 'See `modelDigest`.' }) }),
  dataset: Type.Object({ name: Type.String(), version: Type.String(), digest: Type.String(), split: Type.String() }),
  createdAt: Type.String(),
  /** In scope; the most probable label against the truth. */
  overall: QualitySchema,
  outOfScope: Type.Object({
    items: Type.Integer(),
    auroc: ShareOrNull,
    aupr: ShareOrNull,
    falsePositiveRateAt95: Type.Union([Share, Type.Null()], { description: 'Of those in scope: flagged, where 95 % of those out of scope are.' }),
    caught: ShareOrNull
  }, { description: 'Figures are null where the split has none out of scope.' }),
  perClass: Type.Record(Type.String(), Type.Object({ precision: Share, recall: Share, f1: Share, support: Type.Integer() })),
  confusion: Type.Record(Type.String(), Counts, { description: 'Truth, then prediction, out of scope included; zeroes left out.' }),
  reliability: Type.Array(Type.Object({ from: Share, to: Share, items: Type.Integer(), confidence: Share, accuracy: Share })),
  coverage: Type.Array(Type.Object({ coverage: Share, accuracy: Share, threshold: Share }), { description: 'Accuracy of the most certain part.' }),
  slices: Type.Record(Type.String(), Type.Record(Type.String(), QualitySchema), { description: 'By dimension (language, length, channel, style, label group, noise), then value.' }),
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
  quantization: Type.Union([Type.Null(), Type.Object({ encoder: Type.String({ description: 'SHA-256 of the float encoder.' }), items: Type.Integer(), meanCosine: Type.Number(), minCosine: Type.Number(), sameLabel: Share })], { description: 'Against the float encoder, where one was given.' }),
  baselines: Type.Record(Type.String(), Type.Object({ accuracy: Share, macroF1: Share }), { description: 'majority, keywords, tfidf, on the items in scope: trained on the same training split; none where it is empty.' }),
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
