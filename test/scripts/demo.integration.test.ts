import { readdirSync, readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { KafkaCluster } from '../../scripts/kafka/cluster.ts'
import { DemoRun } from './demo-run.ts'

/** The demo as a user runs it: a real broker, the API with its model, the adapter, an app. */
const COUNT = 40
const NAMES = (JSON.parse(readFileSync('data/taxonomy.json', 'utf8')) as { labels: Array<{ en: string }> }).labels.map(({ en }) => en)

t.setTimeout(300_000)

t.test('shows a decision for each inquiry, and leaves nothing behind', async t => {
  const demo = new DemoRun(t, ['--count', String(COUNT), '--rate', '20'])
  await demo.untilDecisions(1)
  t.ok(demo.processes().length >= 5, 'this one, the broker and what holds it, the API, the adapter') // and so the same look finds what is left
  t.equal(readdirSync(demo.temporary).length, 1)
  t.equal(await demo.ended, 0, demo.output)

  t.equal(demo.decisions.length, COUNT)
  t.equal(demo.decisions.filter(({ outcome }) => outcome === 'invalid').length, 2, 'one in twenty cannot be read')
  const categories = demo.decisions.filter(({ decision }) => decision === 'classified').map(({ outcome }) => outcome)
  t.ok(categories.length >= COUNT / 2)
  t.strictSame(categories.filter(name => !NAMES.includes(name)), [], 'categories are in words')
  t.notMatch(demo.output, /by the app/, 'the adapter decided')
  const [, sent, classified, manual] = /^sent (\d+) · classified (\d+) · manual (\d+) · p50 \d+ ms · p99 \d+ ms · [\d.]+\/s/.exec(demo.lines.at(-1)!) ?? []
  t.equal(Number(sent), COUNT)
  t.equal(Number(classified) + Number(manual), COUNT)
  t.notOk(demo.output.includes('\u001b'), 'no colours in a pipe')
  isGone(t, demo)
})

t.test('Ctrl-C ends everything, also what somebody froze', async t => {
  const demo = new DemoRun(t, ['--rate', '20'])
  await demo.untilDecisions(10)
  const [, api] = /kill -STOP (\d+) +the API/.exec(demo.output) ?? []
  process.kill(Number(api), 'SIGSTOP')
  // As at a terminal: the whole group is told, and npm, which is told too, tells its child once more.
  demo.signal('SIGINT')
  demo.signal('SIGINT')
  t.equal(await demo.ended, 0, demo.output)
  t.match(demo.lines.at(-1), /^sent \d+ · /)
  isGone(t, demo)
})

t.test('Ctrl-C during the start', async t => {
  const demo = new DemoRun(t, [])
  await demo.untilLine(/^Kafka .*pid \d+/)
  demo.signal('SIGINT')
  t.equal(await demo.ended, 0, demo.output)
  t.notMatch(demo.output, /^sent /m)
  isGone(t, demo)
})

t.test('a cluster of the user\'s: no broker is started, and only topics that the user named remain', async t => {
  const cluster = await KafkaCluster.start()
  t.teardown(async () => await cluster.close())
  const demo = new DemoRun(t, [], { KAFKA_BROKERS: cluster.bootstrap, INQUIRY_TOPIC: 'mine' })
  await demo.untilDecisions(1)
  const topics = await listTopics(cluster)
  t.strictSame(topics.map(topic => topic.replace(/-demo-\w+/, '')), ['inquiries.dead-letter', 'inquiry-classes', 'inquiry-classes.late'].map(name => `inquiry.${name}`).concat('mine'))
  demo.signal('SIGTERM')
  t.equal(await demo.ended, 0, demo.output)
  t.notMatch(demo.output, /^Kafka/m)
  t.strictSame(await listTopics(cluster), ['mine'])
  isGone(t, demo)
})

t.test('without Java it says what to install, and what else can be done', async t => {
  const demo = new DemoRun(t, [], { PATH: '/nonexistent' })
  t.equal(await demo.ended, 1)
  t.match(demo.output, /java is missing: .*openjdk-17-jre-headless/)
  t.match(demo.output, /maven[^]*KAFKA_BROKERS=/)
  isGone(t, demo)
})

function isGone (t: Test, demo: DemoRun): void {
  t.strictSame(demo.processes(), [], 'no process is left')
  t.strictSame(readdirSync(demo.temporary), [], 'no temporary folder is left')
}

async function listTopics (cluster: KafkaCluster): Promise<string[]> {
  const topics = await cluster.tool('org.apache.kafka.tools.TopicCommand', ['--list'])
  return topics.trim().split('\n').filter(topic => !topic.startsWith('__'))
}
