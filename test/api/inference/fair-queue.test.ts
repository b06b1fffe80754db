import t from 'tap'
import { FairQueue, type Waiting } from '../../../api/inference/fair-queue.ts'

interface Item extends Waiting { readonly name: string }

const item = (name: string, cost = 1): Item => ({ name, cost })

function drain (queue: FairQueue<Item>): string {
  const names = []
  for (let next = queue.shift(); next; next = queue.shift()) names.push(next.name)
  return names.join(' ')
}

t.test('takes one item of each owner at a turn', async t => {
  const queue = new FairQueue<Item>()
  const [batch, other, single] = [{}, {}, {}]
  for (const name of ['b1', 'b2', 'b3', 'b4']) queue.push(batch, item(name))
  for (const name of ['o1', 'o2']) queue.push(other, item(name))
  queue.push(single, item('s1'))
  t.equal(queue.size, 7)
  t.equal(drain(queue), 'b1 o1 s1 b2 o2 b3 b4')
  t.equal(queue.size, 0)
  t.equal(queue.shift(), undefined)
  t.equal(queue.size, 0, 'an empty queue stays at 0')
})

t.test('gives an owner that comes back its turn behind the others', async t => {
  const queue = new FairQueue<Item>()
  const [first, second] = [{}, {}]
  queue.push(first, item('f1'))
  queue.push(second, item('s1'))
  t.equal(queue.shift()!.name, 'f1')
  queue.push(first, item('f2'))
  t.equal(drain(queue), 's1 f2')
})

t.test('takes what was given back before all others, the last given back first', async t => {
  const queue = new FairQueue<Item>()
  queue.push({}, item('waiting'))
  queue.pushFront(item('second'))
  queue.pushFront(item('first'))
  t.equal(queue.size, 3)
  t.equal(drain(queue), 'first second waiting')
})

t.test('takes all items of an owner out, and of no other', async t => {
  const queue = new FairQueue<Item>()
  const [gone, stays] = [{}, {}]
  for (const name of ['g1', 'g2']) queue.push(gone, item(name))
  queue.push(stays, item('s1'))
  t.same(queue.remove(gone).map(({ name }) => name), ['g1', 'g2'])
  t.same(queue.remove(gone), [])
  t.equal(queue.size, 1)
  t.equal(drain(queue), 's1')
})

t.test('sums up what would go before a new owner\'s last item', async t => {
  const queue = new FairQueue<Item>()
  t.equal(queue.costAhead(3), 0)
  const batch = {}
  for (const cost of [1, 2, 4, 8]) queue.push(batch, item('b', cost))
  queue.push({}, item('s', 100))
  t.equal(queue.costAhead(1), 101, 'a single one waits for one turn of each')
  t.equal(queue.costAhead(3), 107, 'three wait for three turns')
  t.equal(queue.costAhead(50), 115)
  queue.pushFront(item('returned', 1_000))
  t.equal(queue.costAhead(1), 1_101)
})
