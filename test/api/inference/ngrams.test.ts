import t from 'tap'
import { countNgrams, weighNgrams } from '../../../api/inference/ngrams.ts'

const OPTIONS = { minLength: 2, maxLength: 5, buckets: 65_536 }
const PAIRS = { ...OPTIONS, maxLength: 2 }

t.test('has the buckets that the trained weights are for', async t => {
  // FNV-1a with its upper half folded in, as Python computes it: a change here makes every published model wrong.
  t.same([...countNgrams('Tor', PAIRS)], [[38_363, 1], [52_398, 1], [37_868, 1], [8_903, 1]], '" t", "to", "or" and "r "')
  t.same([...countNgrams('a', { ...OPTIONS, buckets: 1_024 })], [[432, 1], [451, 1], [941, 1]], '" a", " a " and "a "')
  t.same([...countNgrams('7€', PAIRS)], [[56_022, 1], [31_431, 1], [33_496, 1], [17_358, 1]], 'a digit counts as 0; a sign is a word')
})

t.test('counts the spellings of a word as one', async t => {
  const same: ReadonlyArray<readonly [string, ...string[]]> = [
    ['für', 'fuer', 'fur', 'FÜR', 'fu\u0308r'],
    ['Straße', 'STRASSE', 'strase', 'STRAẞE'],
    ['Öl', 'oel', 'OEL'],
    ['4711', '0815'],
    ['Paket  da', 'Paket da', ' paket\nda ']
  ]
  for (const [first, ...others] of same) {
    for (const other of others) t.same(countNgrams(other, OPTIONS), countNgrams(first, OPTIONS), `${first} is ${JSON.stringify(other)}`)
  }
  t.notSame(countNgrams('fahr', OPTIONS), countNgrams('für', OPTIONS))
})

t.test('counts inside words only, and how often', async t => {
  const pairs = (text: string) => [...countNgrams(text, PAIRS).values()]
  t.same(pairs('tor tor'), [2, 2, 2, 2])
  t.same(countNgrams('ab', PAIRS), countNgrams('AB', PAIRS))
  t.equal(pairs('ab').length, 3)
  t.equal(pairs('a b').length, 4, 'none spans the space')
  t.same(pairs(''), [])
  t.same(pairs(' \n\t'), [])
})

t.test('counts words and runs of words where it is told to', async t => {
  const characters = (text: string) => [...countNgrams(text, PAIRS).values()].reduce((sum, count) => sum + count, 0)
  const all = (text: string) => [...countNgrams(text, { ...PAIRS, words: 2 }).values()].reduce((sum, count) => sum + count, 0)
  t.equal(all('rot blau rot') - characters('rot blau rot'), 5, 'three words, two pairs')
  t.notSame(countNgrams('rot blau', { ...PAIRS, words: 2 }), countNgrams('blau rot', { ...PAIRS, words: 2 }), 'order counts')
  t.same(countNgrams('rot blau', { ...PAIRS, words: 1 }), countNgrams('blau rot', { ...PAIRS, words: 1 }))
  t.same([...countNgrams('Tor', { ...PAIRS, words: 2 })].at(-1), [60_901, 1], 'as Python computes it')
})

t.test('reads the beginning of a long text only', async t => {
  const long = 'tor '.repeat(500)
  t.same(countNgrams(long + 'garten', OPTIONS), countNgrams(long, OPTIONS))
  t.doesNotThrow(() => countNgrams('😀'.repeat(1_001).slice(1), OPTIONS), 'even where that cuts a character in two')
})

t.test('weighs by frequency and rarity, to length 1', async t => {
  const { indices, values } = weighNgrams(new Map([[3, 1], [0, 2], [2, 5]]), Float32Array.of(2, 9, 0, 3))
  t.same([...indices], [3, 0], 'what training did not see is left out')
  const [once, twice] = [3, 2 * (1 + Math.log(2))]
  const norm = Math.hypot(once, twice)
  t.ok(Math.abs(values[0]! - once / norm) < 1e-6)
  t.ok(Math.abs(values[1]! - twice / norm) < 1e-6)
  t.equal(weighNgrams(new Map([[2, 1]]), Float32Array.of(0, 0, 0)).values.length, 0, 'nothing known is no division by zero')
})
