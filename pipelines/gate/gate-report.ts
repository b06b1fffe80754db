import { readFile } from 'node:fs/promises'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { digestOf } from '../data/data-set.ts'
import { PipelineError } from '../step.ts'
import { LimitsSchema } from './floors.ts'

const FloorResultSchema = Type.Object({
  name: Type.String(),
  bound: Type.Enum(['least', 'most']),
  limit: Type.Union([Type.Number(), Type.Null()], { description: 'null: not checked.' }),
  value: Type.Union([Type.Number(), Type.Null()], { description: 'null: there was nothing to measure.' }),
  of: Type.Union([Type.String(), Type.Null()], { description: 'Which class, slice or test gave the value, where it is the worst of several.' }),
  passed: Type.Boolean()
}, { additionalProperties: false })

const difference = {
  candidate: Type.Number(),
  production: Type.Number(),
  difference: Type.Number(),
  low: Type.Number(),
  high: Type.Number(),
  p: Type.Number(),
  passed: Type.Boolean()
}

const ComparisonSchema = Type.Object({
  items: Type.Integer(),
  macroF1: Type.Object(difference, { additionalProperties: false, description: 'Over all classes, out of scope included.' }),
  byClass: Type.Record(Type.String(), Type.Object({ support: Type.Integer(), ...difference }, { additionalProperties: false }), { description: 'F1 of the classes with `minSupport.class` items or more.' }),
  mcnemar: Type.Object({
    onlyCandidateRight: Type.Integer(),
    onlyProductionRight: Type.Integer(),
    p: Type.Number({ description: 'Exact, two-sided.' })
  }, { additionalProperties: false })
}, { additionalProperties: false })

/** What the gate saw and said of a candidate: `gate.json`, which goes with the version. */
export const GateReportSchema = Type.Object({
  schemaVersion: Type.Literal(1),
  verdict: Type.Enum(['passed', 'failed']),
  reasons: Type.Array(Type.String(), { description: 'Why it failed, in plain words.' }),
  notes: Type.Array(Type.String(), { description: 'What to know besides: what was not checked or not compared.' }),
  createdAt: Type.String(),
  codeVersion: Type.String({ description: 'Git commit of the gate.' }),
  candidate: Type.Object({
    name: Type.String(),
    version: Type.String(),
    digest: Type.String({ description: 'See `modelDigest`.' }),
    files: Type.Record(Type.String(), Type.String(), { description: 'SHA-256 of every file but this report; `evaluation.json` is among them.' })
  }, { additionalProperties: false }),
  dataset: Type.Object({ name: Type.String(), version: Type.String(), digest: Type.String(), split: Type.String() }, { additionalProperties: false }),
  against: Type.Object({
    alias: Type.String(),
    version: Type.Union([Type.String(), Type.Null()], { description: 'null: there was none, so only the floors were checked.' })
  }, { additionalProperties: false }),
  limits: LimitsSchema,
  overrideReason: Type.Union([Type.String(), Type.Null()], { description: 'Why other than the default limits were used; null where they were not.' }),
  floors: Type.Array(FloorResultSchema),
  comparison: Type.Union([ComparisonSchema, Type.Null()])
}, { additionalProperties: false })

export type GateReport = Static<typeof GateReportSchema>
export type FloorResult = Static<typeof FloorResultSchema>
export type Comparison = Static<typeof ComparisonSchema>

export const GATE_FILE = 'gate.json'

/** A gate report and the SHA-256 of its file, which the promotion log names. */
export interface StoredGateReport { readonly report: GateReport, readonly digest: string }

/**
 * Reads a gate report.
 * @returns undefined where there is no such file
 * @throws {PipelineError} ERR_GATE_INVALID
 */
export async function readGateReport (path: string): Promise<StoredGateReport | undefined> {
  const content = await readFile(path, 'utf8').catch(error => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (content === undefined) return undefined
  const report = parse(content)
  if (!Value.Check(GateReportSchema, report)) throw new PipelineError('ERR_GATE_INVALID', `${path} is no gate report`)
  return { report, digest: digestOf(content) }
}

function parse (content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return undefined // refused by the schema
  }
}
