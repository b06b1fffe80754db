import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { SPLITS, digestOf, readDataSet } from '../../../pipelines/data/data-set.ts'
import { prepareStep } from '../../../pipelines/prepare/command.ts'
import { type WorkshopInquiry, WORKSHOP_TAXONOMY, workshopInquiries } from '../workshop.ts'

interface World { folder: string, run(rows: readonly WorkshopInquiry[], ...more: string[]): Promise<Outcome> }
interface Outcome { unchanged: string | false, digest: string, examples: Record<string, number>, rejected: Record<string, number>, redaction: Record<string, number>, allowed: string[], checks: Array<{ test: string, passed: boolean }> }

function world (t: Test): World {
  const folder = t.testdir({ 'taxonomy.json': JSON.stringify(WORKSHOP_TAXONOMY), 'limits.json': '{"maxNearDuplicates":1,"minPerLabel":5}' })
  return {
    folder,
    async run (rows, ...more) {
      const input = join(folder, 'rows.jsonl')
      await writeFile(input, rows.map(row => JSON.stringify(row) + '\n').join(''))
      return await prepareStep.run(['--name', 'own', '--version', '1.0.0', '--input', input, '--taxonomy', join(folder, 'taxonomy.json'), '--limits', join(folder, 'limits.json'),
        '--out', folder, '--reports', join(folder, 'reports'), '--created-at', '2026-11-25T00:00:00Z', ...more], {}) as Outcome
    }
  }
}
const rejectedRows = async (folder: string) => (await readFile(join(folder, 'own', '1.0.0', 'rejected.jsonl'), 'utf8')).split('\n').filter(Boolean).map(line => JSON.parse(line))

t.test('a data scientist with 320 rows and an own taxonomy gets a version that says what it is made of', async t => {
  const { folder, run } = world(t)
  const rows = workshopInquiries().map((line, index) => ({ ...line, label: line.label === 'garden' ? 'GARTEN' : line.label === 'tools' ? 'Power tools' : line.label, channel: index % 2 ? 'app' : 'mail', customer: `4711-${index}` }))
  const { examples, checks } = await run(rows)
  t.strictSame(checks.filter(({ passed }) => !passed), [])
  t.equal(Object.values(examples).reduce((sum, count) => sum + count, 0), 320)
  for (const [split, share] of Object.entries({ train: 0.8, validation: 0.1, test: 0.1 })) t.ok(Math.abs(examples[split]! / 320 - share) < 0.02, `${split} ${examples[split]}`)

  const directory = join(folder, 'own', '1.0.0')
  const { description, splits } = await readDataSet(directory)
  t.match(description, {
    schemaVersion: 2,
    name: 'own',
    version: '1.0.0',
    taxonomy: { name: 'own' },
    createdAt: '2026-11-25T00:00:00Z',
    schema: { text: { type: 'string', examples: 320 }, channel: { examples: 320 } },
    parents: [{ file: join(folder, 'rows.jsonl'), sha256: /^[0-9a-f]{64}$/, rows: 320 }],
    parameters: { split: 'random', seed: 0, onConflict: 'reject', limits: { minPerLabel: 5 } },
    rejected: {},
    allowed: []
  })
  t.match(description.code, { gitCommit: /^[0-9a-f]{40}$/, digest: /^[0-9a-f]{64}$/ })
  for (const split of SPLITS) {
    for (const { id } of WORKSHOP_TAXONOMY.labels) {
      const count = splits[split].filter(({ label }) => label === id).length
      t.equal(Object.values(description.counts![split]![id]!).reduce((sum, one) => sum + one, 0), count, `${split} ${id}`)
      t.ok(Math.abs(count - { train: 64, validation: 8, test: 8 }[split]) <= 2, `${split} has ${count} of ${id}`)
    }
  }
  t.notMatch(JSON.stringify(splits), '4711', 'customers have pseudonyms')
  t.strictSame((await readdir(join(folder, 'own'))), ['1.0.0'], 'nothing else is left')
})

t.test('a second run does no work; a version never changes', async t => {
  const { folder, run } = world(t)
  t.equal((await run(workshopInquiries())).unchanged, false)
  t.match((await run(workshopInquiries())).unchanged, /are those that it was made of/)
  t.match((await run(workshopInquiries(), '--allow', 'drift')).unchanged, /same content/)
  const before = await readFile(join(folder, 'own', '1.0.0', 'train.jsonl'), 'utf8')
  await t.rejects(run(workshopInquiries().slice(1)), { code: 'ERR_VERSION_EXISTS', exitCode: 1 })
  await t.rejects(run(workshopInquiries(), '--seed', '1'), { code: 'ERR_VERSION_EXISTS' }, 'another seed draws other splits')
  t.equal(await readFile(join(folder, 'own', '1.0.0', 'train.jsonl'), 'utf8'), before)
  t.strictSame(await readdir(join(folder, 'own')), ['1.0.0'])
})

t.test('without a version it is the one made of the same, else the next', async t => {
  const folder = t.testdir({ 'taxonomy.json': JSON.stringify(WORKSHOP_TAXONOMY), 'limits.json': '{"maxNearDuplicates":1,"minPerLabel":5}' })
  const versionOf = async (count: number, ...more: string[]) => {
    const input = join(folder, 'rows.jsonl')
    await writeFile(input, workshopInquiries().slice(0, count).map(row => JSON.stringify(row) + '\n').join(''))
    return await prepareStep.run(['--name', 'own', '--input', input, '--taxonomy', join(folder, 'taxonomy.json'), '--limits', join(folder, 'limits.json'), '--out', folder, '--reports', join(folder, 'reports'), ...more], {})
  }
  t.match(await versionOf(319), { version: '1.0.0', unchanged: false })
  t.match(await versionOf(319), { version: '1.0.0', unchanged: String })
  t.match(await versionOf(320), { version: '1.1.0', unchanged: false })
  t.match(await versionOf(319), { version: '1.0.0', unchanged: String }, 'of all versions, not the last one alone')
  t.match(await versionOf(320, '--seed', '1'), { version: '1.2.0', unchanged: false })
  t.strictSame((await readdir(join(folder, 'own'))).sort(), ['1.0.0', '1.1.0', '1.2.0'])
})

t.test('a table with columns of its own goes beside a data set, whose columns are known', async t => {
  const { folder, run } = world(t)
  await run(workshopInquiries())
  await writeFile(join(folder, 'mine.csv'), 'message,desk\n"Wohin mit dem Laub, wenn die Tonne voll ist?",Garten\nWhich drill for glass?,Power tools\n')
  const { examples, rejected } = await prepareStep.run(['--name', 'own', '--input', join(folder, 'own', '1.0.0'), '--input', join(folder, 'mine.csv'), '--columns', 'text=message,label=desk', '--split', 'keep',
    '--version', '1.1.0', '--taxonomy', join(folder, 'taxonomy.json'), '--limits', join(folder, 'limits.json'), '--out', folder, '--reports', join(folder, 'reports'), '--allow', 'language'], {}) as Outcome
  t.equal(Object.values(examples).reduce((sum, count) => sum + count, 0), 322)
  t.strictSame(rejected, {})
})

t.test('leaves out duplicates and contradictions, and lists them without a word of theirs', async t => {
  const rows = workshopInquiries()
  const same = { ...rows[0]!, text: rows[0]!.text.toUpperCase() }
  const near = { ...rows[1]!, text: `${'Wir möchten gerne wissen, ob es denn wirklich eine so gute Idee ist, wenn man bei diesem Wetter draußen arbeitet. '.repeat(2)}` }
  const contradiction = { text: `${rows[2]!.text}!!`, label: 'floor' }
  const { folder, run } = world(t)
  const { rejected } = await run([...rows, same, near, { ...near, text: `Hallo! ${near.text}` }, contradiction, { text: ' <p>&nbsp;</p>', label: 'garden' }, { text: 'Was nun?', label: '' }])
  t.strictSame(rejected, { empty_text: 1, missing_label: 1, contradictory_label: 2, duplicate: 1, near_duplicate: 1 })
  const file = join(folder, 'rows.jsonl')
  t.strictSame(await rejectedRows(folder), [
    { file, row: 325, reason: 'empty_text' },
    { file, row: 326, reason: 'missing_label' },
    { file, row: 321, reason: 'duplicate', sameAs: { file, row: 1 } },
    { file, row: 3, reason: 'contradictory_label', sameAs: { file, row: 324 } },
    { file, row: 324, reason: 'contradictory_label', sameAs: { file, row: 3 } },
    { file, row: 323, reason: 'near_duplicate', sameAs: { file, row: 322 } }
  ])
})

t.test('of contradictory rows the newest is kept, or the run fails, as asked for', async t => {
  const rows = [...workshopInquiries(), { text: 'Wer hilft mir weiter?', label: 'paint', createdAt: '2026-01-01' }, { text: 'wer hilft mir weiter', label: 'floor', createdAt: '2026-01-01 08:00:00+01' },
    { text: 'Noch so eine Frage', label: 'paint' }, { text: 'Noch so eine Frage', label: 'floor' }]
  const { folder, run } = world(t)
  await t.rejects(run(rows, '--on-conflict', 'fail'), { code: 'ERR_CONFLICT', exitCode: 4, message: /rows\.jsonl:321 \(paint\), .*rows\.jsonl:322 \(floor\)/ })
  await run(rows, '--on-conflict', 'newest')
  t.match(await rejectedRows(folder), [{ row: 321, reason: 'contradictory_label', sameAs: { row: 322 } }, { row: 323 }, { row: 324 }])
})

t.test('unknown labels fail the test of labels, which can be overruled; the override is recorded', async t => {
  const rows = [...workshopInquiries(), { text: 'Was kostet das Dach?', label: 'dach' }]
  const { folder, run } = world(t)
  await t.rejects(run(rows), { code: 'ERR_DATA_TESTS', exitCode: 4, message: /labels: 1 rows with another label.*rows\.jsonl:321: dach/s })
  t.match(await readFile(join(folder, 'reports', 'rejected.jsonl'), 'utf8'), /"row":321,"reason":"unknown_label"/)
  t.notMatch(await readFile(join(folder, 'reports', 'checks.json'), 'utf8'), 'kostet')
  t.strictSame((await run(rows, '--allow', 'labels')).allowed, ['labels'])
  t.strictSame((await readDataSet(join(folder, 'own', '1.0.0'))).description.allowed, ['labels'])
})

t.test('a label column with texts in it is not shown', async t => {
  const { run } = world(t)
  const rows = workshopInquiries().map(({ text, label }) => ({ text: label, label: text }))
  const error = await run(rows).catch(error => error)
  t.match(error.message, /one of 320 different values, perhaps of the wrong column/)
  t.notMatch(error.message, 'Rasen')
})

t.test('near-duplicates and customers never lie in two splits, at random and by time', async t => {
  const rows = workshopInquiries().flatMap((line, index) => [
    { ...line, customer: `k${index % 90}`, createdAt: `2026-${`${1 + index % 12}`.padStart(2, '0')}-${`${1 + index % 28}`.padStart(2, '0')}` },
    { ...line, text: `${line.text} Bitte rasch.`, createdAt: '2026-06-15T12:00:00Z' }
  ])
  for (const mode of ['random', 'time']) {
    const { folder, run } = world(t)
    const { checks } = await run(rows, '--split', mode, '--seed', '3', ...(mode === 'time' ? ['--allow', 'counts', '--allow', 'labels'] : []))
    t.equal(checks.find(({ test }) => test === 'leakage')?.passed, true, mode)
    const { splits } = await readDataSet(join(folder, 'own', '1.0.0'))
    const splitOf = new Map<string, Set<string>>()
    for (const split of SPLITS) for (const { customer } of splits[split]) if (customer) splitOf.set(customer, (splitOf.get(customer) ?? new Set()).add(split))
    t.equal(splitOf.size, 90)
    t.strictSame([...splitOf.values()].filter(set => set.size > 1), [])
    t.ok(SPLITS.every(split => splits[split].length > 0))
  }
})

t.test('by time, all that is trained on is older than what is measured with', async t => {
  const { splits: committed } = await readDataSet('data/inquiries/1.0.0')
  const labels = WORKSHOP_TAXONOMY.labels.map(({ id }) => id)
  const rows = committed.train.slice(0, 320).map(({ text }, index) => ({ text, label: labels[index % 4]! })).map((line, index) => ({ ...line, createdAt: new Date(Date.UTC(2026, 0, 1 + (index * 37) % 320)).toISOString() }))
  const { folder, run } = world(t)
  await run(rows, '--split', 'time', '--allow', 'counts', '--allow', 'labels')
  const { splits } = await readDataSet(join(folder, 'own', '1.0.0'))
  const times = SPLITS.map(split => splits[split].map(({ createdAt }) => createdAt!).sort())
  t.ok(times[0]!.at(-1)! < times[1]![0]! && times[1]!.at(-1)! < times[2]![0]!)
  t.strictSame(times.map(({ length }) => length), [256, 32, 32])
  const { rejected } = await world(t).run([...rows, { text: 'Ohne Zeit?', label: 'paint' }, { text: 'Falsche Zeit', label: 'paint', createdAt: 'gestern' }], '--split', 'time', '--allow', 'counts', '--allow', 'labels')
  t.strictSame(rejected, { missing_time: 1, unknown_time: 1 })
})

t.test('given splits are kept; what leaks between them is refused, and of equal texts the one measured with stays', async t => {
  const rows = workshopInquiries().map((line, index) => ({ ...line, split: ['train', 'Validation', 'test'][index % 3]! }))
  const own = ['--split', 'given', '--allow', 'leakage']
  const { folder, run } = world(t)
  await t.rejects(run(rows, '--split', 'given'), { code: 'ERR_DATA_TESTS', message: /leakage: \d+ pairs of texts/ })
  const repeated = { ...rows[2]!, split: 'train' }
  const { rejected, examples } = await run([repeated, ...rows, { text: 'In keinem Split?', label: 'paint', split: 'dev' }], ...own)
  t.strictSame(rejected, { unknown_split: 1, duplicate: 1 })
  t.strictSame(examples, { train: 107, validation: 107, test: 106 })
  t.match((await rejectedRows(folder))[1], { row: 1, reason: 'duplicate', sameAs: { row: 4 } })
})

t.test('rows that have a split keep it, and who resembles one goes with it', async t => {
  const { splits: committed } = await readDataSet('data/inquiries/1.0.0')
  const labels = WORKSHOP_TAXONOMY.labels.map(({ id }) => id)
  const texts = committed.train.filter(({ text }) => text.length > 120).slice(0, 320).map(({ text }, index) => ({ text, label: labels[index % 4]! }))
  const old = texts.slice(0, 300).map((line, index) => ({ ...line, split: ['train', 'validation', 'test'][index % 3]! }))
  const alike = { ...texts[2]!, text: `${texts[2]!.text} ${texts[301]!.text.slice(0, 60)}` }
  const torn = { ...texts[310]!, text: texts[310]!.text.slice(0, 120) } // resembles one of training and one of validation
  const sides = ['train', 'validation'].map((split, index) => ({ ...torn, split, text: `${torn.text} ${texts[311 + index]!.text.slice(0, 90)}` }))
  const { folder, run } = world(t)
  const { rejected } = await run([...old, ...sides, ...texts.slice(302, 310), alike, torn], '--split', 'keep', '--allow', 'drift')
  const { splits } = await readDataSet(join(folder, 'own', '1.0.0'))
  const splitOf = new Map(SPLITS.flatMap(split => splits[split].map(({ id }) => [id, split] as const)))
  const idOf = ({ text }: { text: string }) => digestOf(text).slice(0, 12)
  t.equal(old.filter(row => splitOf.get(idOf(row)) === row.split).length > 250, true, 'all whose text was not redacted')
  t.strictSame(old.filter(row => splitOf.has(idOf(row)) && splitOf.get(idOf(row)) !== row.split), [])
  t.equal(splitOf.get(idOf(alike)), 'test')
  t.notOk(splitOf.has(idOf(torn)))
  t.strictSame(rejected, { near_duplicate: 1 })
})

t.test('personal data are replaced, and counted', async t => {
  const { folder, run } = world(t)
  const { redaction } = await run([...workshopInquiries(), { text: 'Bitte antworten Sie an eva.muster@firma-muster.at, danke', label: 'paint', subject: 'Frage zum Lack' }])
  t.equal(redaction.email, 1)
  const { splits } = await readDataSet(join(folder, 'own', '1.0.0'))
  const found = SPLITS.flatMap(split => splits[split]).find(({ text }) => text.includes('antworten'))!
  t.match(found.text, /^Frage zum Lack\nBitte antworten Sie an /, 'subject first')
  t.notMatch(found.text, 'eva.muster')
  t.equal(found.id, digestOf(found.text).slice(0, 12), 'the id is of the redacted text')
})

t.test('says what is wrong with the command line', async t => {
  for (const args of [[], ['--version', '1.0.0'], ['--version', '../x', '--input', 'a.csv'], ['--version', '1', '--input', 'a.csv', '--split', 'best'],
    ['--version', '1', '--input', 'a.csv', '--ratios', '80,20'], ['--version', '1', '--input', 'a.csv', '--allow', 'everything'], ['--version', '1', '--input', 'a.csv', '--seed', '-1'], ['--none']]) {
    await t.rejects(prepareStep.run(args, {}), { code: 'ERR_USAGE', exitCode: 2 }, args.join(' '))
  }
})
