import t from 'tap'
import { KeyOrder } from '../../../adapter/decide/key-order.ts'
import { randomOf } from '../random.ts'

interface Item { readonly name: string, readonly key: string | null, isDecided: boolean }

const item = (name: string, key: string | null = 'k'): Item => ({ name, key, isDecided: false })

function setUp () {
  const out: string[] = []
  const order = new KeyOrder<Item>(({ name }) => { out.push(name) })
  const decide = (decided: Item) => {
    decided.isDecided = true
    return order.decided(decided)
  }
  return { out, order, decide }
}

t.test('lets the decisions of a key out in the order in which the inquiries came', async t => {
  const { out, order, decide } = setUp()
  const [a, b, c, other, alone] = [item('a'), item('b'), item('c'), item('other', 'l'), item('alone', null)] as const
  for (const each of [a, b, c, other, alone]) order.add(each)
  t.notOk(decide(c))
  t.notOk(decide(b))
  t.ok(decide(other), 'another key does not wait')
  t.ok(decide(alone), 'without a key nothing waits')
  t.strictSame(out, ['other', 'alone'])
  t.ok(decide(a))
  t.strictSame(out, ['other', 'alone', 'a', 'b', 'c'])
  t.equal(order.size, 0)
  const again = item('again')
  order.add(again)
  t.ok(decide(again), 'who comes later waits for nobody')
})

t.test('who reaches the deadline does not wait', async t => {
  const { out, order, decide } = setUp()
  const [a, b, c] = [item('a'), item('b'), item('c')] as const
  for (const each of [a, b, c]) order.add(each)
  decide(b)
  decide(c)
  order.release(b)
  t.strictSame(out, ['b'], 'and c still does')
  decide(a)
  t.strictSame(out, ['b', 'a', 'c'])
  t.equal(order.size, 0)
})

t.test('who is forgotten is in nobody\'s way', async t => {
  const { out, order, decide } = setUp()
  const [a, b, c, d] = [item('a'), item('b'), item('c'), item('d')] as const
  for (const each of [a, b, c, d]) order.add(each)
  decide(b)
  decide(d)
  order.forget(c)
  t.strictSame(out, [])
  order.forget(a)
  t.strictSame(out, ['b', 'd'])
  t.equal(order.size, 0)
  order.forget(a)
  t.strictSame(out, ['b', 'd'])
})

t.test('each is let out once and in order, for any order of decisions', async t => {
  const random = randomOf(5)
  const { out, order, decide } = setUp()
  const open: Item[] = []
  const keys: string[] = []
  let count = 0
  for (let step = 0; step < 5_000; step++) {
    if (random.chance(0.5)) {
      const added = item(String(count++), random.of(['k', 'l', 'm']))
      open.push(added)
      keys.push(added.key!)
      order.add(added)
    } else if (open.length > 0) {
      decide(open.splice(random.between(0, open.length - 1), 1)[0]!)
    }
  }
  for (const each of open) decide(each)
  t.equal(out.length, count)
  t.equal(new Set(out).size, count)
  for (const key of ['k', 'l', 'm']) {
    const ofKey = out.map(Number).filter(number => keys[number] === key)
    t.strictSame(ofKey, [...ofKey].sort((a, b) => a - b))
  }
  t.equal(order.size, 0)
})
