import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parseColumns } from '../../../pipelines/prepare/columns.ts'
import { withDuckDb } from '../../../pipelines/duckdb.ts'
import { type Source, findInputs, openInput, parentsOf } from '../../../pipelines/prepare/inputs.ts'
import { type RawRow, countRows, readRows } from '../../../pipelines/prepare/read-rows.ts'

/** Writes a file and reads its rows. */
async function rowsOf (t: Test, name: string, content: string | Buffer, columns = ''): Promise<RawRow['values'][]> {
  const path = join(t.testdir(), name)
  await writeFile(path, content)
  const rows: RawRow['values'][] = []
  await read(path, columns, ({ values }) => rows.push(values))
  return rows
}

const file = (path: string): Source => ({ path, ofVersion: false })

async function read (path: string, mapping: string, use: (row: RawRow) => void): Promise<void> {
  const input = await openInput(file(path))
  const columns = parseColumns(mapping)
  await readRows(input, columns, await countRows(input, columns), use)
}

const EXPECTED = [{ text: 'Hallo, "Welt"\nneu', label: 'garden' }, { text: 'ok', label: 'tools' }]

t.test('reads CSV with commas, semicolons and tabs, a byte-order mark and Windows line ends', async t => {
  for (const [name, delimiter] of [['a.csv', ','], ['b.csv', ';'], ['c.tsv', '\t']] as const) {
    t.strictSame(await rowsOf(t, name, `text${delimiter}label\n"Hallo, ""Welt""\nneu"${delimiter}garden\nok${delimiter}tools\n`), EXPECTED, name)
  }
  t.strictSame(await rowsOf(t, 'd.csv', '\ufefflabel,"text"\r\ngarden,a\r\n,#b\r\n'), [{ label: 'garden', text: 'a' }, { text: '#b' }])
})

t.test('reads JSON lines, in which each row has fields of its own', async t => {
  const lines = [{ text: 'a', label: 'garden' }, { text: 'b', label: 'tools', customer: 17, more: { x: 1 } }, { label: null, text: 'c' }]
  t.strictSame(await rowsOf(t, 'a.jsonl', lines.map(line => JSON.stringify(line)).join('\n')), [
    { text: 'a', label: 'garden' }, { text: 'b', label: 'tools', customer: '17' }, { text: 'c' }])
})

t.test('reads Parquet, numbers and times too', async t => {
  const path = join(t.testdir(), 'a.parquet')
  await withDuckDb(async connection => {
    await connection.run(`COPY (SELECT 'a' AS message, 'garden' AS label, 17 AS customer, TIMESTAMP '2026-11-02 03:04:05' AS createdAt) TO '${path}' (FORMAT parquet)`)
  })
  const rows: RawRow[] = []
  await read(path, 'text=message', row => rows.push(row))
  t.strictSame(rows, [{ file: path, row: 1, values: { text: 'a', label: 'garden', customer: '17', createdAt: '2026-11-02 03:04:05' } }])
})

t.test('finds columns under other names, and says which are missing', async t => {
  t.strictSame(await rowsOf(t, 'a.csv', 'message,desk\na,b\n', 'text=message,label=desk'), [{ text: 'a', label: 'b' }])
  for (const name of ['a.csv', 'a.jsonl']) {
    await t.rejects(rowsOf(t, name, name === 'a.csv' ? 'message,desk\na,b\n' : '{"message":"a","desk":"b"}\n'),
      { code: 'ERR_COLUMNS', exitCode: 4, message: /a\.\w+ has no column text and no column label, only message, desk.*--columns/s }, name)
  }
  t.throws(() => parseColumns('words=message'), { code: 'ERR_USAGE', message: /fields are id, text/ })
})

t.test('a header alone is refused', async t => {
  await t.rejects(rowsOf(t, 'a.csv', 'text,label\n'), { code: 'ERR_INPUT', exitCode: 4, message: /a\.csv has no rows/ })
})

t.test('names file, line and byte of what is not UTF-8', async t => {
  const latin1 = Buffer.from('text,label\nTomaten,garden\nTür,tools\n', 'latin1')
  await t.rejects(rowsOf(t, 'a.csv', latin1), { code: 'ERR_ENCODING', exitCode: 4, message: /a\.csv:3: byte 0xfc at 27 is not UTF-8.*iconv/ })
  await t.rejects(rowsOf(t, 'b.csv', Buffer.from('\ufefftext,label\n', 'utf16le')), { code: 'ERR_ENCODING', message: /b\.csv:1: byte 0xff at 0/ })
  const long = Buffer.concat([Buffer.from('text,label\n' + 'ä€😀,garden\n'.repeat(200_000)), latin1.subarray(26)])
  await t.rejects(rowsOf(t, 'c.csv', long), { message: new RegExp(`c\\.csv:200002: byte 0xfc at ${long.length - latin1.length + 27} `) }, 'across chunks')
})

t.test('names the row or line that cannot be read, and nothing of what it says', async t => {
  const refused = async (name: string, content: string, message: RegExp) => {
    const error = await rowsOf(t, name, content).catch(error => error)
    t.match(error, { code: 'ERR_ROW', exitCode: 4, message }, `${name} ${message}`)
    t.notMatch(`${error.message}${error.cause}`, /secret/)
  }
  const many = 'ok,garden\n'.repeat(30_000)
  await refused('a.csv', `text,label\n${many}secret,b,c\n`, /row 30001 after the header cannot be read: 2 columns are expected, 3 found/)
  await refused('late.csv', `text,label\n${many.repeat(30)}secret,b,c\n`, /row 900001 /)
  await refused('b.csv', 'text,label\nok,garden\nsecret\n', /row 2 .*2 columns are expected, 1 found/)
  await refused('c.csv', 'text,label\n"secret,garden\nx,y\n', /row 1 .*a quoted value does not end/)
  await refused('d.jsonl', `${'{"text":"a","label":"b"}\n'.repeat(30_000)}{"text":"secret" "label":"b"}\n`, /d\.jsonl:30001 is no JSON object/)
  await refused('e.jsonl', '[{"text":"secret","label":"b"}]\n', /e\.jsonl:1 is no JSON object/)
  await refused('f.parquet', 'secret', /f\.parquet is no readable parquet file/)
  const path = join(t.testdir({ 'g.csv': 'text,label\nok,garden\n' }), 'g.csv')
  await t.rejects(readRows(await openInput(file(path)), parseColumns(), 2, () => {}), { code: 'ERR_ROW', message: /1 rows instead of 2/ }, 'a stream that ends early')
})

t.test('finds files, globs and folders of data sets, and refuses the rest', async t => {
  const folder = t.testdir({ 'b.csv': 'text,label\n', 'a.csv': '', 'notes.txt': 'x', empty: {} })
  t.strictSame(await findInputs([join(folder, '*.csv'), join(folder, 'b.csv')]), [file(join(folder, 'a.csv')), file(join(folder, 'b.csv'))])
  t.strictSame(await findInputs(['data/inquiries/1.0.0']), ['train', 'validation', 'test'].map(split => ({ path: `data/inquiries/1.0.0/${split}.jsonl`, ofVersion: true })))
  t.match((await parentsOf(['data/inquiries/1.0.0/', 'data/inquiries/1.0.0', join(folder, 'b.csv')])).map(({ description }) => description.version), ['1.0.0'])
  await t.rejects(findInputs([join(folder, 'absent.csv')]), { code: 'ERR_INPUT', exitCode: 4, message: /absent\.csv does not exist/ })
  await t.rejects(findInputs([join(folder, '*.parquet')]), { code: 'ERR_INPUT' })
  await t.rejects(findInputs([join(folder, 'empty')]), { code: 'ERR_INPUT', message: /no data set/ })
  await t.rejects(openInput(file(join(folder, 'a.csv'))), { code: 'ERR_INPUT', message: /a\.csv is empty/ })
  await t.rejects(openInput(file(join(folder, 'notes.txt'))), { code: 'ERR_INPUT', message: /only \.jsonl, \.ndjson, \.csv, \.tsv, \.parquet/ })
})
