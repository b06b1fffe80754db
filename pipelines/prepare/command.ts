import { TESTS } from '../data/checks.ts'
import { DEFAULT_LIMITS, readLimits } from '../data/limits.ts'
import { redactText } from '../redact/redact.ts'
import { type Step, parseOptions, usageError } from '../step.ts'
import { parseColumns } from './columns.ts'
import { CONFLICT_RULES } from './deduplicate.ts'
import { type Prepared, prepareDataSet } from './prepare.ts'
import { type Ratios, SPLIT_MODES } from './split.ts'

const HELP = `Usage: npm run pipelines -- prepare --input FILE [--input FILE ...] [options]

Makes an immutable version of a data set: reads tables, cleans and redacts the texts, leaves out duplicates, splits
without leakage, runs the data tests and writes <out>/<name>/<version>/ with train.jsonl, validation.jsonl, test.jsonl,
dataset.json (what it is made of and how) and rejected.jsonl (which rows were left out, and why).
Does nothing when input, parameters and code are those of the version that is there. Exit code 4: the data are not fit.

  --version VERSION    version to make (default: the one that is made of the same, else the next)
  --name NAME          name of the data set (default inquiries)
  --input FILE         .csv, .tsv, .jsonl, .ndjson or .parquet, a glob of such, or the folder of a data-set version
  --columns F=C,...    columns of the fields, for example text=message,label=desk. Needed: text, label. Used where there:
                       id, subject, language or locale, style, channel, customer, createdAt, split. Those of a folder of a
                       version are called so, whatever is said here
  --taxonomy FILE      labels; a row may have their id or their German or English name (default data/taxonomy.json)
  --parent DIR         version that this one follows; drift is tested against the first. Data-set folders that are input
                       are parents too
  --split MODE         random (default): by label, near-duplicates and customers kept together; time: the newest test;
                       given: by the column split, or by the files' names train, validation, test; keep: the same for
                       rows that have one, random for the others
  --ratios T,V,T       shares of training, validation and test (default 80,10,10)
  --seed NUMBER        of the random split (default 0)
  --on-conflict RULE   equal texts with different labels: reject all of them (default), keep the newest, or fail
  --limits FILE        JSON with limits of the data tests; see pipelines/data/limits.ts
  --min-per-label N    least examples of each label in training (default ${DEFAULT_LIMITS.minPerLabel})
  --allow TEST         go on although this test fails, and record it: ${TESTS.join(', ')}
  --out DIR            (default data)
  --reports DIR        what failed tests found (default .cache/prepare/<name>-<version>)
  --origin TEXT        where the texts come from
  --licence NAME       (default: not stated)
  --created-at TIME    time to record (default now)`

/** `pipelines prepare` */
export const prepareStep: Step = { help: HELP, run: prepare }

async function prepare (args: string[]): Promise<unknown> {
  const values = parseOptions(args, {
    version: { type: 'string' },
    name: { type: 'string', default: 'inquiries' },
    input: { type: 'string', multiple: true, default: [] },
    columns: { type: 'string', default: '' },
    taxonomy: { type: 'string', default: 'data/taxonomy.json' },
    parent: { type: 'string', multiple: true, default: [] },
    split: { type: 'string', default: 'random' },
    ratios: { type: 'string', default: '80,10,10' },
    seed: { type: 'string', default: '0' },
    'on-conflict': { type: 'string', default: 'reject' },
    limits: { type: 'string' },
    'min-per-label': { type: 'string' },
    allow: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: 'data' },
    reports: { type: 'string' },
    origin: { type: 'string', default: '' },
    licence: { type: 'string', default: 'not stated' },
    'created-at': { type: 'string', default: new Date().toISOString() }
  })
  const { version, name } = values
  if (values.input.length === 0) throw usageError('At least one --input is needed')
  for (const [option, value] of Object.entries({ version, name })) if (value !== undefined && !SAFE_NAME.test(value)) throw usageError(`--${option} may have letters, digits, ".", "_" and "-"`)
  const limits = values.limits === undefined ? DEFAULT_LIMITS : await readLimits(values.limits)
  const prepared = await prepareDataSet({
    name,
    version,
    inputs: values.input,
    parents: values.parent,
    out: values.out,
    reports: values.reports,
    taxonomy: values.taxonomy,
    columns: parseColumns(values.columns),
    split: oneOf('--split', SPLIT_MODES, values.split),
    ratios: parseRatios(values.ratios),
    seed: wholeNumber('--seed', values.seed),
    onConflict: oneOf('--on-conflict', CONFLICT_RULES, values['on-conflict']),
    limits: values['min-per-label'] === undefined ? limits : { ...limits, minPerLabel: wholeNumber('--min-per-label', values['min-per-label']) },
    allow: values.allow.map(test => oneOf('--allow', TESTS, test)),
    licence: values.licence,
    origin: values.origin,
    createdAt: values['created-at']
  }, { redact: redactText })
  return summaryOf(prepared)
}

const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

function summaryOf ({ directory, description: { name, version, digest, files, changed, redaction, rejected, checks, allowed }, unchanged }: Prepared): unknown {
  const examples = Object.fromEntries(Object.entries(files).map(([split, { examples }]) => [split, examples]))
  return { name, version, directory, digest, unchanged: unchanged ?? false, examples, changed, redaction, rejected, checks, allowed }
}

function oneOf<Value extends string> (option: string, values: readonly Value[], given: string): Value {
  const value = values.find(one => one === given)
  if (value === undefined) throw usageError(`${option} is ${values.join(', ')}, not ${given}`)
  return value
}

function wholeNumber (option: string, given: string): number {
  if (!/^\d{1,9}$/.test(given)) throw usageError(`${option} is a whole number, not ${given}`)
  return Number(given)
}

function parseRatios (given: string): Ratios {
  const [train = 0, validation = 0, test = 0, ...more] = given.split(',').map(Number)
  const sum = train + validation + test
  if (more.length || ![train, validation, test].every(share => share > 0) || !Number.isFinite(sum)) throw usageError('--ratios are three positive numbers, for example 80,10,10')
  return { train: train / sum, validation: validation / sum, test: test / sum }
}
