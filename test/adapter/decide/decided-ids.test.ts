import t from 'tap'
import { DecidedIds } from '../../../adapter/decide/decided-ids.ts'

t.test('forgets the oldest, and none whose record may be read again', async t => {
  let committed = 0
  const decided = new DecidedIds(10, ({ sourcePartition, sourceOffset }) => sourcePartition === 0 && sourceOffset >= committed)
  const add = (sourcePartition: number, sourceOffset: number) => decided.add(`${sourcePartition}:${sourceOffset}`, { resultOffset: sourceOffset, sourcePartition, sourceOffset, isInvalid: false })
  const known = (sourcePartition: number, count: number) => Array.from({ length: count }, (_, offset) => offset).filter(offset => decided.get(`${sourcePartition}:${offset}`))
  for (let offset = 0; offset < 20; offset++) add(0, offset)
  for (let offset = 0; offset < 100; offset++) add(1, offset)
  t.equal(known(0, 20).length, 20, 'a partition that is not read for long')
  t.ok(known(1, 100).length < 10)
  committed = 15
  for (let offset = 100; offset < 150; offset++) add(1, offset)
  t.strictSame(known(0, 20), [15, 16, 17, 18, 19])
  t.equal(decided.size, 10)
  committed = 20
  for (let offset = 150; offset < 200; offset++) add(1, offset)
  t.equal(known(0, 20).length, 0)
  t.equal(known(1, 200).length, 10)
})

t.test('keeps the first decision of an id', async t => {
  const decided = new DecidedIds(2)
  for (const resultOffset of [3, 4]) decided.add('a', { resultOffset, sourcePartition: 0, sourceOffset: 1, isInvalid: false })
  t.equal(decided.get('a')!.resultOffset, 3)
})

t.test('an id that was decided once more is kept as long as the later record may be read again', async t => {
  const decided = new DecidedIds(5, ({ sourceOffset }) => sourceOffset === 9)
  for (const sourceOffset of [1, 9]) decided.add('again', { resultOffset: sourceOffset, sourcePartition: 0, sourceOffset, isInvalid: false })
  for (let number = 20; number < 60; number++) decided.add(`id-${number}`, { resultOffset: number, sourcePartition: 0, sourceOffset: number, isInvalid: false })
  t.equal(decided.get('again')?.sourceOffset, 1)
})
