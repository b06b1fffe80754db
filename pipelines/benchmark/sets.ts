import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OUT_OF_SCOPE, readDataSet } from '../data/data-set.ts'

/** A text with its label. */
export interface LabelledText {
  readonly text: string
  readonly label: string
}

/** A benchmark with its official splits. */
export interface BenchmarkSet {
  readonly name: string
  readonly train: LabelledText[]
  /** For calibration and the choice of the out-of-scope score; empty where the set has no such split. */
  readonly validation: LabelledText[]
  /** Texts that fit no label, for the same choice. */
  readonly validationOutOfScope: string[]
  readonly test: LabelledText[]
  /** Texts that fit no label; empty where the set has none. */
  readonly outOfScope: string[]
}

/** BANKING77 (Casanueva et al. 2020): 10,003 training and 3,080 test questions to a bank, 77 intents. */
export async function readBanking77 (folder: string): Promise<BenchmarkSet> {
  const [train, test] = await Promise.all(['train.csv', 'test.csv'].map(async file =>
    parseCsv(await readFile(join(folder, 'banking77', file), 'utf8')).slice(1).map(([text, label]) => ({ text: text!.trim(), label: label! }))))
  return { name: 'BANKING77', train: train!, validation: [], validationOutOfScope: [], test: test!, outOfScope: [] }
}

/** CLINC150 (Larson et al. 2019): 15,000 training and 4,500 test questions, 150 intents, 1,000 out of scope. */
export async function readClinc150 (folder: string): Promise<BenchmarkSet> {
  const splits: Record<string, Array<[string, string]>> = JSON.parse(await readFile(join(folder, 'clinc150', 'data_full.json'), 'utf8'))
  const labelled = (split: string) => splits[split]!.map(([text, label]) => ({ text, label }))
  const texts = (split: string) => labelled(split).map(({ text }) => text)
  return { name: 'CLINC150', train: labelled('train'), validation: labelled('val'), validationOutOfScope: texts('oos_val'), test: labelled('test'), outOfScope: texts('oos_test') }
}

/**
 * The project's own data set, trained on labels alone and measured on the validation split: the test split stays
 * untouched by experiments.
 */
export async function readOwnSet (folder: string): Promise<BenchmarkSet> {
  const { description, splits } = await readDataSet(folder)
  const inScope = (split: 'train' | 'validation') => splits[split].filter(({ label }) => label !== OUT_OF_SCOPE)
  const outOfScope = splits.validation.filter(({ label }) => label === OUT_OF_SCOPE).map(({ text }) => text)
  return { name: `${description.name} ${description.version} (synthetic)`, train: inScope('train'), validation: [], validationOutOfScope: [], test: inScope('validation'), outOfScope }
}

/** Rows of a CSV file (RFC 4180): quoted fields may hold commas, line breaks and doubled quotes. */
export function parseCsv (content: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain, separator] of content.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    if (quoted === undefined && plain === '' && separator === '') break
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (separator !== ',') rows.push([])
  }
  return rows.filter(row => row.length > 0 && row.some(Boolean))
}
