import Type, { type Static } from 'typebox'
import { readJsonFile } from '../json-file.ts'
import { usageError } from '../step.ts'

const Least = (description: string) => Type.Union([Type.Number(), Type.Null()], { description: `At least. ${description}` })
const Most = (description: string) => Type.Union([Type.Number(), Type.Null()], { description: `At most. ${description}` })

/** What a candidate must reach whatever is in production. `null` switches a floor off, and the report says so. */
const FloorsSchema = Type.Object({
  macroF1: Least('In scope, each label counting alike.'),
  worstClassF1: Least('Of the labels with `minSupport.class` items or more.'),
  worstSliceAccuracy: Least('In scope, of the slices with `minSupport.slice` items or more.'),
  expectedCalibrationError: Most('In scope, 15 bins.'),
  outOfScopeCaught: Least('Of the items out of scope: sent to manual.'),
  inScopeLost: Most('Of the items in scope: sent to manual.'),
  latencyP95Ms: Most('One thread, from tokenizing to decision.'),
  sizeBytes: Most('Of the files that answer.'),
  invariance: Least('Of the cases that must not change the answer: passed.'),
  direction: Least('Of the cases that must change it in one direction: passed.'),
  minimum: Least('Of the plain cases that must be answered rightly: passed.'),
  servingParity: Least('Of the items that the service\'s own classifier was asked as well: same decision.')
}, { additionalProperties: false })

const ComparisonLimitsSchema = Type.Object({
  margin: Type.Number({ minimum: 0, description: 'The interval of the difference in macro-F1 must not reach below minus this.' }),
  classDrop: Type.Number({ minimum: 0, description: 'No class may lose more F1 than this, unless the interval covers 0.' }),
  confidence: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, description: 'Of the intervals.' }),
  resamples: Type.Integer({ minimum: 100 }),
  seed: Type.Integer()
}, { additionalProperties: false })

const MinSupportSchema = Type.Object({
  class: Type.Integer({ minimum: 1 }),
  slice: Type.Integer({ minimum: 1 })
}, { additionalProperties: false, description: 'Classes and slices with fewer items are not judged by themselves.' })

export const LimitsSchema = Type.Object({
  minSupport: MinSupportSchema,
  floors: FloorsSchema,
  comparison: ComparisonLimitsSchema
}, { additionalProperties: false })

export type Limits = Static<typeof LimitsSchema>
export type FloorName = keyof Limits['floors']

/** The limits of the default model; why these: docs/gates.md. */
export const DEFAULT_LIMITS: Limits = {
  minSupport: { class: 10, slice: 30 },
  floors: {
    macroF1: 0.9,
    worstClassF1: 0.7,
    worstSliceAccuracy: 0.75,
    expectedCalibrationError: 0.05,
    outOfScopeCaught: 0.8,
    inScopeLost: 0.1,
    latencyP95Ms: 250,
    sizeBytes: 96 * 1024 * 1024,
    invariance: 0.9,
    direction: 0.7,
    minimum: 0.95,
    servingParity: 1
  },
  comparison: { margin: 0.02, classDrop: 0.05, confidence: 0.95, resamples: 2_000, seed: 1 }
}

const OverridesSchema = Type.Object({
  reason: Type.String({ minLength: 10, description: 'Why the limits are others for this candidate; goes into the report.' }),
  minSupport: Type.Optional(Type.Partial(MinSupportSchema, { additionalProperties: false })),
  floors: Type.Optional(Type.Partial(FloorsSchema, { additionalProperties: false })),
  comparison: Type.Optional(Type.Partial(ComparisonLimitsSchema, { additionalProperties: false }))
}, { additionalProperties: false })

/** Limits, and why they are not the default ones (null where they are). */
export interface ChosenLimits { readonly limits: Limits, readonly overrideReason: string | null }

/**
 * The default limits with those of a JSON file in their place.
 * @throws {PipelineError} ERR_USAGE names each wrong field
 */
export async function readLimits (file: string | undefined): Promise<ChosenLimits> {
  if (file === undefined) return { limits: DEFAULT_LIMITS, overrideReason: null }
  const overrides = await readJsonFile(file, OverridesSchema, (problem, cause) => usageError(`${file} ${problem}`, cause))
  return {
    limits: {
      minSupport: { ...DEFAULT_LIMITS.minSupport, ...overrides.minSupport },
      floors: { ...DEFAULT_LIMITS.floors, ...overrides.floors },
      comparison: { ...DEFAULT_LIMITS.comparison, ...overrides.comparison }
    },
    overrideReason: overrides.reason
  }
}
