import t from 'tap'
import { DeadlineHeap } from '../../../adapter/decide/deadline-heap.ts'
import { DecidedIds } from '../../../adapter/decide/decided-ids.ts'
import { randomOf } from '../random.ts'

t.test('gives the earliest deadline first, whatever goes in and out in between', async t => {
  const random = randomOf(3)
  const heap = new DeadlineHeap<{ deadline: number, group: number }>()
  const model: Array<{ deadline: number, group: number }> = []
  let wrong = 0
  let largest = 0
  for (let step = 0; step < 20_000; step++) {
    const what = random.next()
    if (what < 0.55) {
      const item = { deadline: random.between(0, 500), group: random.between(0, 5) }
      heap.push(item)
      model.push(item)
    } else if (what < 0.99) {
      const earliest = Math.min(...model.map(({ deadline }) => deadline))
      const popped = heap.pop()
      if (model.length === 0 ? popped !== undefined : popped?.deadline !== earliest) wrong++
      if (popped) model.splice(model.indexOf(popped), 1)
    } else {
      const group = random.between(0, 5)
      heap.remove(item => item.group === group)
      model.splice(0, model.length, ...model.filter(item => item.group !== group))
    }
    largest = Math.max(largest, heap.size)
    if (heap.size !== model.length || (heap.peek()?.deadline ?? Infinity) !== Math.min(Infinity, ...model.map(({ deadline }) => deadline))) wrong++
  }
  t.equal(wrong, 0)
  t.ok(largest > 50)
  while (heap.size > 0) heap.pop()
  t.equal(heap.pop(), undefined)
  t.equal(heap.peek(), undefined)
})

t.test('remembers the first decision of an id, and forgets the oldest ids', async t => {
  const ids = new DecidedIds(3)
  const decision = (resultOffset: number) => ({ resultOffset, sourcePartition: 0, sourceOffset: resultOffset, isInvalid: false })
  for (const [offset, id] of ['a', 'b', 'a', 'c'].entries()) ids.add(id, decision(offset))
  t.equal(ids.get('a')!.resultOffset, 0)
  t.equal(ids.size, 3)
  ids.add('d', decision(4))
  t.equal(ids.get('a'), undefined)
  t.equal(ids.get('b')!.resultOffset, 1)
  t.equal(ids.size, 3)
  t.equal(ids.get('__proto__'), undefined)
})
