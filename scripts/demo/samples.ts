import { readFile } from 'node:fs/promises'
import { findProjectRoot } from '../../api/project-root.ts'
import type { InquiryMessage } from '../../openapi/index.ts'

/** A sample inquiry, made up as all of the data set. */
export interface Sample {
  readonly inquiry: InquiryMessage
  /** Bytes that are sent in its place: a record that nobody can read. */
  readonly poison?: Buffer
  /** What is shown of it. */
  readonly shown: string
}

interface Example {
  readonly text: string
  readonly label: string
  readonly language: string
}

const FILE = 'data/inquiries/1.0.0/test.jsonl'
const OUT_OF_SCOPE = 'out_of_scope'
const LOCALES: Record<string, string> = { de: 'de-DE', en: 'en-GB' }

/** Of so many records, one is poison and some are no desk's business. */
const PERIOD = 20
const POISON_AT = 9
const OUT_OF_SCOPE_AT = [4, 14, 18]

/** No broken JSON may be repaired on the way, no schema be guessed. */
const POISON: ReadonlyArray<readonly [name: string, make: (json: string) => string | Uint8Array]> = [
  ['JSON that is cut off', json => json.slice(0, -2)],
  ['JSON without a text', json => JSON.stringify({ id: (JSON.parse(json) as InquiryMessage).id, message: 'Hello?' })],
  ['bytes that are no UTF-8', () => Uint8Array.of(0xff, 0xfe, 0x00, 0xc3, 0x28)],
  ['an empty record', () => '']
]

/** Gives the samples of the data set's test split one after the other, German and English, mixed, without an end. */
export async function readSamples (run: string): Promise<Iterator<Sample, never>> {
  const lines = (await readFile(new URL(FILE, findProjectRoot()), 'utf8')).trim().split('\n')
  return mix(run, lines.map(line => JSON.parse(line) as Example))
}

function * mix (run: string, examples: readonly Example[]): Generator<Sample, never> {
  const desks = endless(examples.filter(({ label }) => label !== OUT_OF_SCOPE))
  const others = endless(examples.filter(({ label }) => label === OUT_OF_SCOPE))
  for (let number = 0; ; number++) {
    const place = number % PERIOD
    const { text, language } = (OUT_OF_SCOPE_AT.includes(place) ? others : desks).next().value
    const inquiry = { id: `demo-${run}-${number + 1}`, text, locale: LOCALES[language]!, channel: 'app', createdAt: new Date().toISOString() }
    yield place === POISON_AT ? poisoned(inquiry, Math.floor(number / PERIOD)) : { inquiry, shown: text }
  }
}

function poisoned (inquiry: InquiryMessage, number: number): Sample {
  const [name, make] = POISON[number % POISON.length]!
  return { inquiry, poison: Buffer.from(make(JSON.stringify(inquiry))), shown: `(${name})` }
}

/** All of them in another order each time round. */
function * endless<Item> (items: readonly Item[]): Generator<Item, never> {
  while (true) yield * items.map(item => ({ item, at: Math.random() })).sort((a, b) => a.at - b.at).map(({ item }) => item)
}
