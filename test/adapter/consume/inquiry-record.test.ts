import t from 'tap'
import { deadlineOf, headerText, readInquiry } from '../../../adapter/consume/inquiry-record.ts'
import { UNREADABLE_BATCH_HEADER } from '../../../adapter/kafka/compression/unreadable-batch.ts'

const SECRET = 'Meine Kontonummer ist 4711'
const MOST_BYTES = 1_000

function read (value: unknown, key: string | null = null, headers = {}) {
  const bytes = value === null ? null : Buffer.isBuffer(value) ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  return readInquiry({ key: key === null ? null : Buffer.from(key), value: bytes, headers }, MOST_BYTES)
}

t.test('reads an inquiry and passes on only what the API knows', async t => {
  const { id, inquiry } = read({ id: 'a1', text: SECRET, subject: 'Konto', locale: 'de-DE', channel: 'app', createdAt: '2026-11-23T21:45:00Z', mood: 'angry' }) as { id: string, inquiry: unknown }
  t.equal(id, 'a1')
  t.strictSame(inquiry, { id: 'a1', text: SECRET, subject: 'Konto', locale: 'de-DE' })
  t.strictSame(read({ id: 'a1', text: SECRET }, 'another key'), { id: 'a1', inquiry: { id: 'a1', text: SECRET } }, 'the value\'s id counts, not the key')
  t.strictSame(read({ id: 'a1', text: SECRET, topK: 50 }), { id: 'a1', inquiry: { id: 'a1', text: SECRET } })
})

t.test('says what is wrong with poison, keeps its id where there is one, and nothing of the text', async t => {
  const cases: Array<[string, unknown, string | null, string, string | undefined]> = [
    ['a tombstone', null, 'k1', 'ERR_EMPTY_RECORD', 'k1'],
    ['an empty value', '', 'k1', 'ERR_EMPTY_RECORD', 'k1'],
    ['an empty value without a key', '', null, 'ERR_EMPTY_RECORD', undefined],
    ['too large a value', { id: 'a1', text: SECRET.repeat(100) }, 'k1', 'ERR_RECORD_TOO_LARGE', 'k1'],
    ['too large a key', { id: 'a1', text: SECRET }, SECRET.repeat(100), 'ERR_RECORD_TOO_LARGE', undefined],
    ['no JSON', `{"id":"a1","text":"${SECRET}`, 'k1', 'ERR_INVALID_JSON', 'k1'],
    ['no JSON, and a key that is no id', SECRET, SECRET, 'ERR_INVALID_JSON', undefined],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'k1', 'ERR_INVALID_JSON', 'k1'],
    ['JSON of another kind', 'null', 'k1', 'ERR_INVALID_INQUIRY', 'k1'],
    ['a string', JSON.stringify(SECRET), null, 'ERR_INVALID_INQUIRY', undefined],
    ['a list', [SECRET], null, 'ERR_INVALID_INQUIRY', undefined],
    ['no text', { id: 'a1', note: SECRET }, 'k1', 'ERR_INVALID_INQUIRY', 'a1'],
    ['a blank text', { id: 'a1', text: ' \n ', note: SECRET }, null, 'ERR_INVALID_INQUIRY', 'a1'],
    ['a text of another kind', { id: 'a1', text: { [SECRET]: SECRET } }, null, 'ERR_INVALID_INQUIRY', 'a1'],
    ['a locale that is none', { id: 'a1', text: SECRET, locale: SECRET }, null, 'ERR_INVALID_INQUIRY', 'a1'],
    ['an id that is none', { id: SECRET, text: SECRET }, 'k1', 'ERR_INVALID_INQUIRY', 'k1'],
    ['an id of another kind', { id: 7, text: SECRET }, null, 'ERR_INVALID_INQUIRY', undefined],
    ['too long an id', { id: 'a'.repeat(129), text: SECRET }, 'a'.repeat(129), 'ERR_INVALID_INQUIRY', undefined]
  ]
  for (const [what, value, key, code, id] of cases) {
    const reading = read(value, key) as { id: string | undefined, poison: { code: string, message: string } }
    t.match(reading, { poison: { code } }, what)
    t.equal(reading.id, id, what)
    t.ok(reading.poison.message.length > 5 && reading.poison.message.length < 500, what)
    t.notOk(reading.poison.message.includes('Konto'), what)
  }
  t.match(read({ id: 'a1', text: '', locale: 'x' }), { poison: { message: /\/text .*; \/locale / } }, 'says where')
})

t.test('a record of a batch that could not be read is poison without an id', async t => {
  t.strictSame(read({ id: 'a1', text: SECRET }, 'a1', { [UNREADABLE_BATCH_HEADER]: Buffer.from('snappy: corrupt') }), { id: undefined, poison: { code: 'ERR_UNREADABLE_BATCH', message: 'snappy: corrupt' } })
})

t.test('the deadline is the timestamp plus the timeout, or the header when that is earlier', async t => {
  const now = 1_800_000_000_000
  const deadline = (timestamp: unknown, header?: string | Buffer | Array<Buffer | string>) => deadlineOf({ timestamp: String(timestamp), headers: header === undefined ? {} : { deadline: header } }, 10_000, now)
  t.strictSame(deadline(now - 3_000), { sentAt: now - 3_000, deadline: now + 7_000 })
  t.strictSame(deadline(now + 60_000), { sentAt: now, deadline: now + 10_000 }, 'a clock that is ahead gives no more time')
  t.equal(deadline(now, String(now + 2_000)).deadline, now + 2_000)
  t.equal(deadline(now, Buffer.from(String(now + 2_000))).deadline, now + 2_000)
  t.equal(deadline(now, [Buffer.from(String(now + 2_000)), '1']).deadline, now + 2_000, 'the first one of several')
  t.equal(deadline(now, String(now + 20_000)).deadline, now + 10_000, 'never later')
  t.equal(deadline(now, '0').deadline, 0)
  for (const garbage of ['', 'soon', '-5', '1e3', ' 12', '2026-11-23T21:45:00Z', '9'.repeat(17), 'NaN']) t.equal(deadline(now, garbage).deadline, now + 10_000, `"${garbage}"`)
  for (const timestamp of ['-1', '0', 'NaN', undefined]) t.strictSame(deadline(timestamp), { sentAt: now, deadline: now + 10_000 }, `a record without a timestamp (${timestamp})`)
  t.equal(headerText(undefined, 'deadline'), undefined)
  t.equal(headerText({ deadline: [] }, 'deadline'), undefined)
})
