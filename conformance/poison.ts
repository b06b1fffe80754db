import { NUMBER_HEADER, type OutgoingRecord } from './sent-record.ts'

export interface PoisonOptions {
  /** Counts the poison records, so that every kind comes in turn. */
  readonly number: number
  readonly id: string
  /** Epoch milliseconds. */
  readonly now: number
  /** Value of the header by which the record is found again. */
  readonly header: string
}

interface Kind {
  readonly kind: string
  readonly key: string | Buffer | null
  readonly value: string | Buffer | null
  /** Where the id can be read; left out where it cannot. */
  readonly id?: string
  readonly outcome?: 'decision' | 'either'
  readonly headers?: Record<string, string | Buffer>
}

/** Above the adapter's default `MAX_RECORD_BYTES`, below what brokers take by default. */
const OVERSIZED_BYTES = 300_000
/** No UTF-8, and a byte of each kind that a careless copy through a string would change. */
const ODD_BYTES = Buffer.from([0x00, 0x0a, 0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x7f])

/** A record that cannot be read as an inquiry, of another kind for each number. */
export function poisonRecord ({ number, id, now, header }: PoisonOptions): OutgoingRecord {
  const kinds = kindsOf(id, now)
  const { kind, key, value, id: readable, outcome = 'invalid', headers } = kinds[number % kinds.length]!
  return {
    key,
    value,
    headers: { [NUMBER_HEADER]: header, 'x-odd-bytes': ODD_BYTES, 'x-origin': 'conformance', ...headers },
    expected: { id: readable, outcome, kind }
  }
}

function kindsOf (id: string, now: number): Kind[] {
  const inquiry = { id, text: 'What does delivery cost?' }
  const json = JSON.stringify(inquiry)
  return [
    { kind: 'cut-off JSON', key: id, id, value: json.slice(0, -1) },
    { kind: 'cut-off JSON without a key', key: null, value: json.slice(0, -1) },
    { kind: 'no JSON at all', key: id, id, value: Buffer.concat([ODD_BYTES, Buffer.from(json)]) },
    { kind: 'wrong schema, id in the value', key: 'another-key', id, value: JSON.stringify({ id, text: 42 }) },
    { kind: 'wrong schema, id in the key', key: id, id, value: JSON.stringify({ message: 'Hello' }) },
    { kind: 'wrong schema, no usable id', key: 'white space', value: JSON.stringify({ id: '<b>', text: 'Hello' }) },
    { kind: 'blank text', key: id, id, value: JSON.stringify({ id, text: ' \n' }) },
    { kind: 'JSON null', key: id, id, value: 'null' },
    { kind: 'empty', key: id, id, value: '' },
    { kind: 'tombstone', key: id, id, value: null },
    { kind: 'tombstone without a key', key: null, value: null },
    { kind: 'oversized', key: id, id, value: JSON.stringify({ ...inquiry, text: 'x'.repeat(OVERSIZED_BYTES) }) },
    { kind: 'invalid UTF-8 in the text', key: id, id, value: Buffer.concat([Buffer.from(json.slice(0, -2)), Buffer.from([0xff]), Buffer.from('"}')]) },
    { kind: 'key of odd bytes, unreadable value', key: ODD_BYTES, value: ODD_BYTES },
    // A header that cannot be read is no reason to lose the inquiry, nor is one that lies far back.
    { kind: 'unreadable deadline header', key: id, id, value: json, headers: { deadline: 'tomorrow' }, outcome: 'either' },
    { kind: 'deadline header long past', key: id, id, value: json, headers: { deadline: String(now - 60_000) }, outcome: 'decision' }
  ]
}
