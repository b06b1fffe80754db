import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { SPLITS, digestOf } from '../../pipelines/data/data-set.ts'
import { coarsen } from '../../pipelines/export/coarse-time.ts'
import { exportStep } from '../../pipelines/export/command.ts'
import { generalise } from '../../pipelines/export/k-anonymity.ts'
import { isIdentifier, rareIdentifiers } from '../../pipelines/export/rare-identifiers.ts'
import { findPii } from '../../pipelines/redact/redact.ts'
import { EXIT } from '../../pipelines/step.ts'

const KEY = '5f0c1de2a99b4471830e6d5c2f7ab914'
const environment = { PSEUDONYM_KEY: KEY }
const DATA = 'data/inquiries/1.0.0'

interface Report {
  records: { in: number, out: number }
  levels: Record<string, number>
  leftOut: Record<string, number>
  redacted: Record<string, number>
  files: Record<string, { records: number }>
  digest: string
}
type Message = Record<string, string>

const message = (number: number, more: Message = {}): Message =>
  ({ id: `msg-${number}`, text: `Welche Farbe deckt gut? Variante ${'abcdefghij'[number % 10]}`, locale: 'de-AT', channel: 'app', customer: `C-${1000 + number}`, createdAt: '2026-11-25T10:11:12Z', ...more })
const jsonl = (messages: readonly Message[]) => messages.map(item => JSON.stringify(item) + '\n').join('')

async function exportMessages (directory: string, messages: readonly Message[], { name = 'out', args = [] as string[] } = {}): Promise<{ report: Report, records: Message[] }> {
  const file = join(directory, 'messages.jsonl')
  await writeFile(file, jsonl(messages))
  const out = join(directory, name)
  const report = await exportStep.run(['--messages', file, '--out', out, ...args], environment) as Report
  const records = (await readFile(join(out, 'messages.jsonl'), 'utf8')).split('\n').filter(Boolean).map(line => JSON.parse(line) as Message)
  return { report, records }
}

t.test('writes redacted texts, pseudonyms and coarse times', async t => {
  const messages = Array.from({ length: 6 }, (_, index) => message(index))
  messages[0]!['text'] = 'Mein Name ist Petra Huber, Bestellung 4471-20938 fehlt, Tel. 0171 5550198'
  messages[1]!['subject'] = 'Anruf unter 0171 5550198'
  const directory = t.testdir()
  const { report, records } = await exportMessages(directory, messages)
  t.strictSame(report.records, { in: 6, out: 6 })
  t.strictSame(report.levels, { day: 6 })
  t.match(report.redacted, { name: 1, order_number: 1, phone: 2 })
  t.ok(records.some(({ text }) => text === 'Mein Name ist Muster, Bestellung 0000-00000 fehlt, Tel. 0000 0000000'))
  t.ok(records.some(({ subject }) => subject === 'Anruf unter 0000 0000000'))
  for (const record of records) {
    t.match(record, { id: /^[0-9a-f]{32}$/, customer: /^[0-9a-f]{32}$/, createdAt: '2026-11-25', language: 'de', channel: 'app' })
    t.notOk('locale' in record)
  }
  t.strictSame(records.map(({ id }) => id), records.map(({ id }) => id).toSorted(), 'the order tells nothing')
  const everything = (await Promise.all((await readdir(join(directory, 'out'))).map(async file => await readFile(join(directory, 'out', file), 'utf8')))).join('')
  for (const secret of [KEY, 'msg-0', 'C-1000', 'Huber', '5550198', '10:11']) t.notOk(everything.includes(secret), `${secret} is nowhere`)
})

t.test('one key gives one pseudonym in every file and run; another key gives another', async t => {
  const directory = t.testdir()
  const customers = Array.from({ length: 5 }, (_, index) => message(index))
  const first = await exportMessages(directory, customers, { name: 'first' })
  const second = await exportMessages(directory, customers.map(item => ({ ...item, id: `later ${item['id']}` })), { name: 'second' })
  const customersOf = (records: Message[]) => records.map(({ customer }) => customer).toSorted()
  t.strictSame(customersOf(second.records), customersOf(first.records))
  t.not(first.records[0]!['id'], second.records[0]!['id'])
  t.equal((await exportMessages(directory, customers, { name: 'again' })).report.digest, first.report.digest, 'and the same files')
  const keyFile = join(directory, 'key')
  await writeFile(keyFile, `${'0123456789abcdef'.repeat(4)}\n`)
  const other = await exportMessages(directory, customers, { name: 'third', args: ['--key-file', keyFile] })
  t.notOk(customersOf(other.records).some(customer => customersOf(first.records).includes(customer)))
})

t.test('refuses a missing, short or dull key, and wrong options', async t => {
  const directory = t.testdir({ 'messages.jsonl': jsonl([message(0)]), there: {} })
  const file = join(directory, 'messages.jsonl')
  const out = join(directory, 'out')
  const run = async (args: string[], key?: string) => await exportStep.run(args, { PSEUDONYM_KEY: key })
  const usage = { code: 'ERR_USAGE', exitCode: EXIT.usage }
  await t.rejects(run(['--messages', file, '--out', out]), { ...usage, message: /key is needed/ })
  await t.rejects(run(['--messages', file, '--out', out], KEY.slice(1)), { ...usage, message: /too weak/ })
  await t.rejects(run(['--messages', file, '--out', out], 'a'.repeat(64)), { ...usage, message: /too weak/ })
  await t.rejects(run(['--messages', file, '--out', out, '--key-file', join(directory, 'none')], KEY), { ...usage, message: /cannot be read/ })
  await t.rejects(run(['--messages', file, '--data', DATA, '--out', out], KEY), usage)
  await t.rejects(run(['--out', out], KEY), usage)
  await t.rejects(run(['--messages', file], KEY), usage)
  await t.rejects(run(['--messages', file, '--out', join(directory, 'there')], KEY), { ...usage, message: /new folder/ })
  await t.rejects(run(['--messages', file, '--out', out, '--k', '1'], KEY), usage)
  t.notOk((await readdir(directory)).includes('out'))
})

t.test('refuses when personal data remain in any field, names the rows and writes nothing', async t => {
  const directory = t.testdir()
  const messages = Array.from({ length: 5 }, (_, index) => message(index, { channel: 'petra@huber.at' }))
  const attempt = exportMessages(directory, messages)
  await t.rejects(attempt, { code: 'ERR_PII_REMAINS', exitCode: EXIT.data, message: /messages\.jsonl:1: email in channel/ })
  await attempt.catch((error: Error) => t.notMatch(error.message, /petra/, 'and does not repeat them'))
  t.strictSame(await readdir(directory), ['messages.jsonl'])
})

t.test('refuses rows that it cannot make safe', async t => {
  const directory = t.testdir()
  const refused = { code: 'ERR_DATA', exitCode: EXIT.data }
  await t.rejects(exportMessages(directory, [message(0), message(1, { birthday: '1970-01-01' })]), { ...refused, message: /:2 has fields that cannot be exported: birthday$/ })
  await t.rejects(exportMessages(directory, [message(0, { createdAt: 'gestern' })]), { ...refused, message: /:1: createdAt is no time/ })
  await t.rejects(exportMessages(directory, [{ id: 'a' }]), { ...refused, message: /:1 does not fit/ })
  await t.rejects(exportMessages(directory, []), { ...refused, message: /empty/ })
  const broken = join(directory, 'broken.jsonl')
  await writeFile(broken, '{"id":\n[]\n')
  await t.rejects(exportStep.run(['--messages', broken, '--out', join(directory, 'out')], environment), { ...refused, message: /:1 is no JSON object\n.*:2 is no JSON object/ })
  await t.rejects(exportStep.run(['--data', directory, '--out', join(directory, 'out')], environment), refused)
})

t.test('generalises rare groups step by step and leaves out what stays rare', async t => {
  const day = (date: string) => new Date(`${date}T12:00:00Z`)
  const persons = (count: number, more: object) => Array.from({ length: count }, (_, index) => ({ person: `${JSON.stringify(more)} ${index}`, label: 'paint', language: 'de', channel: 'app', ...more }))
  const levelsOf = (records: Parameters<typeof generalise>[0], k = 3) => generalise(records, k).map(level => level?.name)
  t.strictSame(levelsOf(persons(3, { time: day('2026-11-25') })), ['day', 'day', 'day'])
  t.strictSame(levelsOf(['2026-11-23', '2026-11-25', '2026-11-29'].flatMap(date => persons(1, { time: day(date) }))), ['week', 'week', 'week'])
  t.strictSame(levelsOf(['2026-11-02', '2026-11-12', '2026-11-25'].flatMap(date => persons(1, { time: day(date) }))), ['month', 'month', 'month'])
  t.strictSame(levelsOf(['2026-01-02', '2026-05-12', '2026-11-25'].flatMap(date => persons(1, { time: day(date) }))), ['no_time', 'no_time', 'no_time'])
  t.strictSame(levelsOf(['app', 'web', 'mail'].flatMap(channel => persons(1, { channel }))), ['no_channel', 'no_channel', 'no_channel'])
  t.strictSame(levelsOf(['app', 'web'].flatMap(channel => persons(1, { channel }))), [undefined, undefined])
  t.strictSame(levelsOf([...persons(3, { time: day('2026-11-25') }), ...persons(1, { time: day('2026-11-26') })]), ['day', 'day', 'day', undefined], 'who is settled hides nobody else')
  const onePerson = Array.from({ length: 3 }, () => ({ person: 'one', label: 'paint' }))
  t.strictSame(levelsOf(onePerson), [undefined, undefined, undefined], 'records of one person are one')
})

t.test('tells days, weeks and months', async t => {
  t.equal(coarsen(new Date('2026-11-25T23:59:59Z'), 'day'), '2026-11-25')
  t.equal(coarsen(new Date('2026-11-25T00:00:00Z'), 'week'), '2026-W48')
  t.equal(coarsen(new Date('2027-01-03T12:00:00Z'), 'week'), '2026-W53', 'a Sunday belongs to the week before')
  t.equal(coarsen(new Date('2024-12-30T12:00:00Z'), 'week'), '2025-W01')
  t.equal(coarsen(new Date('2026-11-25T00:00:00Z'), 'month'), '2026-11')
  t.equal(coarsen(new Date('2026-11-25T00:00:00Z'), 'none'), undefined)
})

t.test('leaves out texts with rare identifiers, and those that name themselves', async t => {
  for (const token of ['HT-448120', 'L-20931', '1HGCM82633A004352', '44020987', 'M-AB1234', 'B-2024/771']) t.ok(isIdentifier(token), token)
  for (const token of ['18mm', '2440x1220', 'E27', 'IP44', '230/400V', '0000000', 'B-0000', '2026', '3x2,5', 'M10', '60x60', '100-Watt-Modul', '120er-Formate', '6x100-Schrauben', '150-piece', '45-teilig', 'RAL', '03.04.2026', '2026-11-25', 'Fliesen', '10000']) t.notOk(isIdentifier(token), token)
  const items = [...Array.from({ length: 3 }, (_, index) => ({ text: 'Ersatz für GBH4471?', person: `p${index}` })), { text: 'Kennzeichen HAM4471', person: 'p0' }]
  t.strictSame(rareIdentifiers(items, 3), [false, false, false, true])
  t.strictSame(rareIdentifiers(items, 4), [true, true, true, true])
  const messages = Array.from({ length: 7 }, (_, index) => message(index))
  messages[0]!['text'] = 'Meine Maschine HT-448120 ist kaputt'
  messages[1]!['text'] = 'Hier schreibt c-1001 wegen der Farbe'
  const { report, records } = await exportMessages(t.testdir(), messages)
  t.strictSame(report.leftOut, { own_identifier: 1, rare_identifier: 1, rare_group: 0 })
  t.equal(records.length, 5)
})

t.test('exports a version of a data set', async t => {
  const splits = await Promise.all(SPLITS.map(async split => (await readFile(`${DATA}/${split}.jsonl`, 'utf8')).split('\n').slice(0, 400).map(line => line + '\n').join('')))
  const digests = splits.map(digestOf)
  const directory = t.testdir({
    data: {
      ...Object.fromEntries(SPLITS.map((split, index) => [`${split}.jsonl`, splits[index]!])),
      'dataset.json': JSON.stringify({
        ...JSON.parse(await readFile(`${DATA}/dataset.json`, 'utf8')),
        files: Object.fromEntries(SPLITS.map((split, index) => [split, { sha256: digests[index], examples: 400 }])),
        digest: digestOf(digests.join('\n'))
      })
    }
  })
  const report = await exportStep.run(['--data', join(directory, 'data'), '--out', join(directory, 'a'), '--created-at', '2026-11-25T00:00:00Z'], environment) as Report
  t.strictSame(Object.keys(report.files), ['train.jsonl', 'validation.jsonl', 'test.jsonl'])
  t.equal(report.records.in, 1_200)
  t.ok(report.records.out > 1_100, `${report.records.out} are left`)
  t.equal(report.records.in - report.records.out, Object.values(report.leftOut).reduce((sum, count) => sum + count))
  const contents = await Promise.all(Object.keys(report.files).map(async file => await readFile(join(directory, 'a', file), 'utf8')))
  t.equal(contents.join('').split('\n').filter(line => line && findPii((JSON.parse(line) as Message)['text']!).length).length, 0)
  t.match(JSON.parse(await readFile(join(directory, 'a', 'export.json'), 'utf8')), { origin: { name: 'inquiries', version: '1.0.0' }, k: 5, digest: report.digest })
})
