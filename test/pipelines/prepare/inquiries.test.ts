import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { digestOf, readDataSet, readDescription } from '../../../pipelines/data/data-set.ts'
import { prepareStep } from '../../../pipelines/prepare/command.ts'
import { DEFAULT_INPUT, DEFAULT_PREPARE_OPTIONS, DEFAULT_VERSION } from '../../../pipelines/run/default-data.ts'

const COMMITTED = 'data/inquiries/1.1.0'

t.test('version 1.1.0 of the committed data set is exactly what prepare makes of 1.0.0', async t => {
  const out = t.testdir()
  const committed = await readDescription(COMMITTED)
  const started = performance.now()
  await prepareStep.run(['--version', DEFAULT_VERSION, '--input', DEFAULT_INPUT, ...DEFAULT_PREPARE_OPTIONS, '--out', out, '--reports', join(out, 'reports'), '--created-at', committed.createdAt], {})
  t.comment(`${Math.round(performance.now() - started)} ms`)
  const made = join(out, 'inquiries', '1.1.0')
  t.strictSame((await readdir(made)).sort(), (await readdir(COMMITTED)).sort())
  for (const file of ['train.jsonl', 'validation.jsonl', 'test.jsonl', 'rejected.jsonl']) {
    t.equal(digestOf(await readFile(join(made, file))), digestOf(await readFile(join(COMMITTED, file))), file)
  }
  const withoutCode = async (directory: string) => ({ ...await readDescription(directory), code: undefined })
  t.strictSame(await withoutCode(made), await withoutCode(COMMITTED))
})

t.test('version 1.1.0 has the rows of 1.0.0, some of them redacted', async t => {
  const [before, after] = await Promise.all([readDataSet('data/inquiries/1.0.0'), readDataSet(COMMITTED)])
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
