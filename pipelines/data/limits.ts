import { readFile } from 'node:fs/promises'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { MAX_SUBJECT_LENGTH, MAX_TEXT_LENGTH } from '../../openapi/schemas/inquiry.ts'
import { EXIT, PipelineError } from '../step.ts'

const Share = Type.Number({ minimum: 0, maximum: 1 })
const Count = Type.Integer({ minimum: 0 })

/** What a data set must keep to: the limits of the data tests. A file given with `--limits` overrides single ones. */
export const LimitsSchema = Type.Object({
  minPerLabel: Type.Integer({ minimum: 1, default: 20, description: 'Least examples of each label in the training split.' }),
  minPerLabelByLanguage: Type.Record(Type.String(), Count, { default: {}, description: 'The same, counted by language: { "de": 80 }.' }),
  minPerLabelForEvaluation: Type.Integer({ minimum: 0, default: 1, description: 'Least examples of each label in validation and in test.' }),
  minOutOfScope: { ...Count, default: 0, description: 'Least examples out of scope in the training split.' },
  maxRejected: { ...Share, default: 0.1, description: 'Largest share of rows that may be left out for what is wrong with them; duplicates do not count.' },
  maxNearDuplicates: { ...Share, default: 0.3, description: 'Largest share of examples that nearly repeat another one of their split.' },
  languages: Type.Array(Type.String(), { default: ['de', 'en'], description: 'Languages that there may be.' }),
  maxOtherLanguages: { ...Share, default: 0.02, description: 'Largest share of examples in none of them; `und` is a language that could not be told.' },
  maxLanguageDifference: { ...Share, default: 0.1, description: 'How far a language\'s share of a split may be from its share of all, beside three standard errors.' },
  maxLength: Type.Integer({ minimum: 1, default: MAX_SUBJECT_LENGTH + 1 + MAX_TEXT_LENGTH, description: 'Longest text in characters: what the service accepts as subject and text.' }),
  minWords: Type.Integer({ minimum: 1, default: 2, description: 'A text with fewer words is short.' }),
  maxShort: { ...Share, default: 0.1, description: 'Largest share of short texts.' },
  maxLabelDrift: Type.Number({ minimum: 0, default: 0.25, description: 'Largest population stability index of the labels against the previous version; 0.1 is a slight change, 0.25 a large one.' }),
  maxLengthDrift: Type.Number({ minimum: 0, default: 0.25, description: 'The same of the lengths, in ten classes of equal size in the previous version.' }),
  maxVocabularyDrift: { ...Share, default: 0.2, description: 'Largest Jensen–Shannon divergence (in bits) of the 1,000 most frequent words.' }
}, { additionalProperties: false })

export type Limits = Static<typeof LimitsSchema>

export const DEFAULT_LIMITS: Limits = Value.Create(LimitsSchema)

/**
 * Reads limits from a JSON file; those that it leaves out have their defaults.
 * @throws {PipelineError} ERR_LIMITS
 */
export async function readLimits (path: string): Promise<Limits> {
  const refuse = (problem: string, cause?: unknown) => new PipelineError('ERR_LIMITS', `${path}: ${problem}`, { exitCode: EXIT.usage, cause })
  let given: unknown
  try {
    given = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw refuse('cannot be read as JSON', cause)
  }
  const limits = typeof given === 'object' ? { ...DEFAULT_LIMITS, ...given } : given
  if (Value.Check(LimitsSchema, limits)) return limits
  const [first] = Value.Errors(LimitsSchema, limits)
  throw refuse(`${first?.instancePath || 'the file'} ${first?.message ?? 'is wrong'}; known are ${Object.keys(LimitsSchema.properties).join(', ')}`)
}
