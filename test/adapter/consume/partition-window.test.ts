import t from 'tap'
import { OwnedPartition } from '../../../adapter/consume/owned-partition.ts'
import { PartitionWindow, type WindowEntry } from '../../../adapter/consume/partition-window.ts'
import { randomOf } from '../random.ts'
import { VirtualClock } from '../virtual-clock.ts'

function settle (window: PartitionWindow, entry: WindowEntry, resultOffset?: number): void {
  if (resultOffset !== undefined) entry.resultOffset = resultOffset
  window.settle(entry)
}

t.test('the watermark ends before the first record that is not settled, also across gaps', async t => {
  const window = new PartitionWindow(0)
  t.equal(window.progress(), undefined, 'nothing is done with')
  const [ten, eleven, fifteen, forty] = [10, 11, 15, 40].map(offset => window.add(offset)) as [WindowEntry, WindowEntry, WindowEntry, WindowEntry]
  settle(window, eleven, 0)
  settle(window, forty, 1)
  t.equal(window.progress(), undefined, 'the first one is not')
  t.strictSame([window.size, window.committable], [4, 0])
  settle(window, ten, 2)
  t.equal(window.progress()!.offset, 12)
  t.equal(window.oldest, fifteen)
  settle(window, fifteen, 3)
  t.equal(window.progress()!.offset, 41)
  t.strictSame([window.size, window.committable], [4, 4])
  window.commit(12)
  t.strictSame([window.size, window.committable], [2, 2])
  window.commit(41)
  t.equal(window.size, 0)
})

t.test('what another member committed makes room when it is settled here', async t => {
  const window = new PartitionWindow(0)
  const [first, second] = [window.add(1), window.add(2)]
  window.commit(2)
  t.equal(window.size, 2)
  settle(window, first)
  t.strictSame([window.size, window.committable], [1, 0])
  settle(window, second)
  t.strictSame([window.size, window.committable], [1, 1])
})

t.test('a successor reads the results from where the first decision of an uncommitted record is', async t => {
  const window = new PartitionWindow(100)
  const [first, second, third, fourth] = [0, 1, 2, 3].map(offset => window.add(offset)) as [WindowEntry, WindowEntry, WindowEntry, WindowEntry]
  settle(window, third, 100)
  settle(window, first, 101)
  t.strictSame(window.progress(), { offset: 1, resultsFrom: 100 }, 'a later record was decided before')
  fourth.resultOffset = 99
  t.equal(window.progress()!.resultsFrom, 99, 'decided, although its dead letter is still awaited')
  settle(window, fourth)
  settle(window, second, 102)
  t.strictSame(window.progress(), { offset: 4, resultsFrom: 103 }, 'all is committed: nothing before the end counts')
  settle(window, window.add(4))
  t.strictSame(window.progress(), { offset: 5, resultsFrom: 103 }, 'a record without a result')
})

t.test('what a predecessor decided must be found by a successor until its records were read again', async t => {
  const window = new PartitionWindow(110)
  window.remember({ from: 100, lastRecord: 19 })
  settle(window, window.add(10), 109)
  t.strictSame(window.progress(), { offset: 11, resultsFrom: 100 }, '11 to 19 are decided and not in the window yet')
  settle(window, window.add(19), 100)
  t.strictSame(window.progress(), { offset: 20, resultsFrom: 110 })
})

t.test('agrees with a plain model for random orders, however long it runs', async t => {
  const random = randomOf(7)
  const window = new PartitionWindow(0)
  const model: Array<{ offset: number, result: number | undefined }> = []
  const open: WindowEntry[] = []
  let offset = 0
  let results = 0
  let wrong = 0
  for (let step = 0; step < 20_000; step++) {
    if (open.length < 50 && random.chance(0.5)) {
      offset += random.between(1, 3)
      open.push(window.add(offset))
      model.push({ offset, result: undefined })
    } else if (open.length > 0) {
      const [entry] = open.splice(random.between(0, open.length - 1), 1) as [WindowEntry]
      settle(window, entry, results)
      model.find(({ offset }) => offset === entry.offset)!.result = results++
      let done = 0
      while (model[done]?.result !== undefined) done++
      model.splice(0, done)
      const progress = window.progress()
      const earliest = Math.min(results, ...model.flatMap(({ result }) => result ?? []))
      if (progress && random.chance(0.3)) window.commit(progress.offset)
      if (model.length !== window.size - window.committable || (progress && progress.resultsFrom > earliest) || model[0]?.offset !== window.oldest?.offset) wrong++
    }
  }
  t.equal(wrong, 0)
  t.ok(results > 5_000)
})

t.test('a partition commits only what is new, and only while it is certainly its own', async t => {
  const partition = new OwnedPartition(3, () => {})
  t.equal(partition.size, 0, 'also before it is open')
  partition.open({ resultPartition: 1, resultsFrom: 0, offset: 20, found: { from: 0, lastRecord: -1 } })
  t.notOk(partition.isNew(19), 'committed by the member before, after this one began to read')
  t.ok(partition.isNew(22))
  t.notOk(partition.isNew(22), 'delivered once more')
  t.equal(partition.uncommitted(), undefined)
  t.equal(partition.lag, undefined, 'nobody has said where it ends')
  partition.highWatermark = 30
  t.equal(partition.lag, 10)
  settle(partition.window, partition.window.add(22), 0)
  t.same(partition.uncommitted()!.offset, 23)
  t.equal(partition.lag, 7)
  partition.state = 'recovering'
  t.equal(partition.uncommitted(), undefined, 'another member may have gone further meanwhile')
  partition.state = 'open'
  partition.hasCommitted(23)
  t.equal(partition.uncommitted(), undefined)
})

t.test('the lag and the age grow also while it is not known what was decided before', async t => {
  const clock = VirtualClock.install(t)
  const partition = new OwnedPartition(0, () => {})
  t.equal(partition.lag, undefined)
  partition.sawRange({ low: 5, high: 9, committed: -1 })
  t.equal(partition.lag, 4, 'of a group that committed nothing yet')
  partition.sawRange({ low: 5, high: 20, committed: 8 })
  t.equal(partition.lag, 12)
  clock.stall(7_000)
  t.equal(partition.ageMs, 7_000)
  partition.recover()
  clock.stall(1_000)
  t.equal(partition.ageMs, 8_000, 'another rebalance does not set it back')
  partition.open({ resultPartition: 0, resultsFrom: 0, offset: 8, found: { from: 0, lastRecord: -1 } })
  t.equal(partition.ageMs, 0)
  partition.window.add(8)
  clock.stall(500)
  t.equal(partition.ageMs, 500)
  partition.sawRange({ low: 5, high: 50, committed: 8 })
  t.equal(partition.lag, 42, 'full')
})
