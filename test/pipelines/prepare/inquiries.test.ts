import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { digestOf, readDataSet, readDescription } from '../../../pipelines/data/data-set.ts'
import { prepareStep } from '../../../pipelines/prepare/command.ts'
import { DEFAULT_DATA, DEFAULT_INPUTS, DEFAULT_PREPARE_OPTIONS, DEFAULT_VERSION } from '../../../pipelines/data/default-data.ts'

const LICENCE_AND_ORIGIN = DEFAULT_PREPARE_OPTIONS.slice(DEFAULT_PREPARE_OPTIONS.indexOf('--licence'))
const VERSIONS = [
  { version: '1.1.0', options: ['--input', 'data/inquiries/1.0.0', '--split', 'given', '--limits', 'data/inquiries/limits.json', ...LICENCE_AND_ORIGIN] },
  { version: '1.2.0', options: ['--input', 'data/inquiries/1.1.0', '--input', 'data/inquiries/additions/1.2.0/train.jsonl', ...DEFAULT_PREPARE_OPTIONS] },
  { version: DEFAULT_VERSION, options: [...DEFAULT_INPUTS.flatMap(input => ['--input', input]), ...DEFAULT_PREPARE_OPTIONS] }
]

for (const { version, options } of VERSIONS) {
  t.test(`version ${version} of the committed data set is exactly what prepare makes`, async t => {
    const out = t.testdir()
    const committed = join('data/inquiries', version)
    const { createdAt } = await readDescription(committed)
    await prepareStep.run(['--version', version, ...options, '--out', out, '--reports', join(out, 'reports'), '--created-at', createdAt], {})
    const made = join(out, 'inquiries', version)
    t.strictSame((await readdir(made)).sort(), (await readdir(committed)).sort())
    for (const file of ['train.jsonl', 'validation.jsonl', 'test.jsonl', 'rejected.jsonl']) {
      t.equal(digestOf(await readFile(join(made, file))), digestOf(await readFile(join(committed, file))), file)
    }
    const withoutCode = async (directory: string) => ({ ...await readDescription(directory), code: undefined })
    t.strictSame(await withoutCode(made), await withoutCode(committed))
  })
}

t.test('later versions keep the validation texts of 1.1.0, and its test texts beside new ones', async t => {
  const [before, ...later] = await Promise.all(['data/inquiries/1.1.0', 'data/inquiries/1.2.0', DEFAULT_DATA].map(readDataSet))
  for (const { splits, description: { version } } of later) {
    t.strictSame(splits.validation, before!.splits.validation, version)
    t.strictSame(splits.test.slice(0, before!.splits.test.length), before!.splits.test, version)
  }
})

t.test('version 1.1.0 has the rows of 1.0.0, some of them redacted', async t => {
  const [before, after] = await Promise.all([readDataSet('data/inquiries/1.0.0'), readDataSet('data/inquiries/1.1.0')])
  const differing = { ids: 0, labels: 0, texts: 0 }
  for (const split of ['train', 'validation', 'test'] as const) {
    before.splits[split].forEach((example, index) => {
      const other = after.splits[split][index]!
      if (example.id !== other.id) differing.ids++
      if (example.label !== other.label) differing.labels++
      if (example.text !== other.text) differing.texts++
    })
  }
  t.match(differing, { ids: 0, labels: 0, texts: after.description.changed!.redacted })
  t.ok(differing.texts > 0)
})
