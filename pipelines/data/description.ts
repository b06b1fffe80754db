import Type, { type Static } from 'typebox'

const Counts = Type.Record(Type.String(), Type.Integer())

/** Where the rows of a version came from: a file as it was read, or a version of a data set. */
const ParentSchema = Type.Union([
  Type.Object({ file: Type.String(), sha256: Type.String(), rows: Type.Integer() }, { additionalProperties: false }),
  Type.Object({ name: Type.String(), version: Type.String(), digest: Type.String() }, { additionalProperties: false })
])

/** What one data test found. */
export const CheckResultSchema = Type.Object({
  test: Type.String(),
  passed: Type.Boolean(),
  limit: Type.String({ description: 'What is asked for.' }),
  found: Type.String({ description: 'What there is.' })
}, { additionalProperties: false })

/** What only versions made by `pipelines prepare` say; version 1.0.0 of `inquiries` was written by hand without it. */
const ProvenanceSchema = Type.Object({
  schemaVersion: Type.Literal(2),
  schema: Type.Record(Type.String(), Type.Object({ type: Type.String(), examples: Type.Integer() }), { description: 'Each field, and how many examples have it.' }),
  counts: Type.Record(Type.String(), Type.Record(Type.String(), Counts), { description: 'Examples by split, then label, then language.' }),
  parents: Type.Array(ParentSchema),
  code: Type.Object({
    gitCommit: Type.Union([Type.String(), Type.Null()], { description: '`null` outside a repository.' }),
    dirty: Type.Boolean({ description: 'Whether files of the pipelines differed from the commit.' }),
    digest: Type.String({ description: 'SHA-256 over the compiled files that prepare data: with the same digest the same input gives the same output.' })
  }),
  inputDigest: Type.String({ description: 'SHA-256 over the contents of all that was read, the parameters and the code: what a second run compares.' }),
  parameters: Type.Record(Type.String(), Type.Unknown(), { description: 'As given, seed and limits included.' }),
  changed: Type.Object({ cleaned: Type.Integer(), redacted: Type.Integer() }, { description: 'Rows whose text cleaning or redaction changed.' }),
  redaction: Type.Record(Type.String(), Type.Integer(), { description: 'What was replaced, by kind.' }),
  rejected: Type.Record(Type.String(), Type.Integer(), { description: 'Rows left out, by reason; each is in rejected.jsonl.' }),
  checks: Type.Array(CheckResultSchema),
  allowed: Type.Array(Type.String(), { description: 'Data tests that failed and were overruled by --allow.' })
})

export const DescriptionSchema = Type.Object({
  name: Type.String(),
  version: Type.String(),
  createdAt: Type.String(),
  taxonomy: Type.Object({ name: Type.String(), version: Type.String() }),
  licence: Type.String(),
  origin: Type.String(),
  files: Type.Record(Type.String(), Type.Object({ sha256: Type.String(), examples: Type.Integer() })),
  digest: Type.String({ description: 'SHA-256 over the SHA-256 of the splits, in order.' }),
  ...Type.Partial(ProvenanceSchema).properties
}, { additionalProperties: false })

/** `dataset.json` of any version. */
export type DataSetDescription = Static<typeof DescriptionSchema>

/** What `pipelines prepare` adds to it. */
export type Provenance = Static<typeof ProvenanceSchema>
export type CheckResult = Static<typeof CheckResultSchema>
