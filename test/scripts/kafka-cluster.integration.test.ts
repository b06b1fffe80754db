import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, type KafkaConfig, logLevel, Partitioners, type RetryOptions, type SASLOptions } from 'kafkajs'
import t, { type Test } from 'tap'
import { type BrokerNode, KafkaCluster } from '../../scripts/kafka/cluster.ts'
import { withLock } from '../../scripts/kafka/lock.ts'
import { unsecuredToken } from '../../scripts/kafka/unsecured-token.ts'

/** Brokers share the machine with other tests. */
t.setTimeout(240_000)

const KEEP_TRYING: RetryOptions = { initialRetryTime: 100, maxRetryTime: 500, retries: 100 }
const TRY_ONCE: RetryOptions = { retries: 0 }

t.test('one broker', async t => {
  const cluster = await KafkaCluster.start({ security: true, directory: t.testdir() })
  t.teardown(() => cluster.close())
  const node = cluster.nodes[0]!
  await createTopic(cluster, 'survivors', 1)

  t.test('is reached again by the same clients', async t => {
    const client = clientOf(cluster, { retry: KEEP_TRYING })
    const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner })
    t.teardown(() => producer.disconnect())
    await producer.connect()
    const send = async (value: string) => await producer.send({ topic: 'survivors', messages: [{ value }] })
    const consumed = await consume(t, client, 'survivors')

    t.test('keeps what was acknowledged when it is killed and started again', async t => {
      await send('before the kill')
      await consumed.until('before the kill')
      const { pid } = node
      await node.kill()
      t.equal(node.pid, undefined)
      t.notOk(await listens(node.address))
      await node.start()
      t.not(node.pid, pid)
      await send('after the kill')
      await consumed.until('after the kill')
      const again = await consume(t, client, 'survivors')
      await again.until('after the kill')
      t.strictSame(again.values, ['before the kill', 'after the kill'])
    })

    t.test('answers nothing while it is paused, and everything afterwards', async t => {
      const impatient = clientOf(cluster, { retry: TRY_ONCE, requestTimeout: 700 }).admin()
      t.teardown(() => impatient.disconnect())
      t.ok((await impatient.listTopics()).includes('survivors'))
      node.pause()
      await t.rejects(impatient.listTopics())
      t.ok(await listens(node.address), 'the kernel still accepts connections')
      const sent = send('during the pause')
      node.resume()
      await sent
      await consumed.until('during the pause')
    })
  })

  t.test('stops in order and comes back', async t => {
    await node.stop()
    t.match(readFileSync(join(node.directory, 'data/.kafka_cleanshutdown'), 'utf8'), /version/)
    await node.start()
    const { values, until } = await consume(t, clientOf(cluster, { retry: KEEP_TRYING }), 'survivors')
    await until('during the pause')
    t.equal(values.length, 3)
  })

  t.test('makes no topic that nobody asked for', async t => {
    const admin = clientOf(cluster, { retry: TRY_ONCE }).admin()
    t.teardown(() => admin.disconnect())
    await t.rejects(admin.fetchTopicMetadata({ topics: ['unheard-of'] }), /does not host this topic/)
    t.strictSame((await admin.listTopics()).filter(topic => !topic.startsWith('__')), ['survivors'])
  })

  t.test('lets in, over TLS, who can say who he is', async t => {
    const { username, password } = cluster.tls!
    const token = (lifetime: number): SASLOptions => ({ mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: unsecuredToken({ lifetime }) }) })
    for (const mechanism of ['scram-sha-512', 'scram-sha-256', 'plain'] as const) {
      const user = (password: string) => ({ mechanism, username, password }) as SASLOptions
      t.ok((await topicsOverTls(cluster, user(password))).includes('survivors'), mechanism)
      await t.rejects(topicsOverTls(cluster, user('guessed')), { name: 'KafkaJSSASLAuthenticationError' }, mechanism)
    }
    t.ok((await topicsOverTls(cluster, token(60_000))).includes('survivors'), 'oauthbearer')
    await t.rejects(topicsOverTls(cluster, token(-60_000)), 'an expired token')
  })

  t.test("runs Kafka's own tools against itself", async t => {
    t.match(await cluster.tool('org.apache.kafka.tools.TopicCommand', ['--list']), /^survivors$/m)
    await t.rejects(cluster.tool('org.apache.kafka.tools.TopicCommand', ['--describe', '--topic', 'unheard-of']), /TopicCommand failed:[^]*unheard-of/)
  })

  t.test('is not started twice, and says the end of its log when it cannot start', async t => {
    await t.rejects(node.start(), /runs already/)
    await node.stop()
    await writeFile(join(node.directory, 'server.properties'), 'process.roles=nothing\n')
    await t.rejects(node.start(), /Broker 1 ended with 1; the end of its log:\n[^]*process\.roles/)
    t.equal(node.pid, undefined)
  })

  t.test('leaves nothing behind', async t => {
    await cluster.close()
    t.notOk(existsSync(node.directory))
    t.notOk(await listens(node.address))
  })
})

t.test('three brokers keep their copies in sync without one of them', async t => {
  const cluster = await KafkaCluster.start({ brokers: 3 })
  t.teardown(() => cluster.close())
  const [victim, paused] = cluster.nodes as [BrokerNode, BrokerNode, BrokerNode]
  await createTopic(cluster, 'copied', 3)

  t.test('when it is killed', async t => {
    const client = clientOf(cluster, { retry: KEEP_TRYING, connectionTimeout: 1_000, requestTimeout: 2_000 })
    const admin = client.admin()
    const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner })
    t.teardown(() => Promise.all([admin.disconnect(), producer.disconnect()]))
    await Promise.all([admin.connect(), producer.connect()])
    const send = async () => await producer.send({ topic: 'copied', messages: [0, 1, 2].map(partition => ({ partition, value: 'x' })) })
    await send()

    await victim.kill()
    t.equal((await send()).length, 3, 'every partition has a leader')
    const { topics } = await admin.fetchTopicMetadata({ topics: ['copied'] })
    for (const { partitionId, replicas, leader, isr } of topics[0]!.partitions) {
      t.strictSame([[...replicas].sort(), [...isr].sort()], [[1, 2, 3], [2, 3]], `replicas of partition ${partitionId}`)
      t.not(leader, victim.id)
    }
    await victim.start()
    t.strictSame((await admin.describeCluster()).brokers.map(({ nodeId }) => nodeId).sort(), [1, 2, 3])
  })

  t.test('and all end, the paused one too', async t => {
    paused.pause()
    await cluster.close()
    for (const { address } of cluster.nodes) t.notOk(await listens(address), address)
  })
})

t.test('brokers end with the process that started them', async t => {
  const directory = t.testdir()
  const endings = { 'process.exit(3)': { code: 3 }, "throw new Error('forgot to close')": { code: 1 }, "process.kill(process.pid, 'SIGKILL')": { signal: 'SIGKILL' } }
  await Promise.all(Object.entries(endings).map(async ([ending, how]) => {
    const { stdout, error } = await runModule(`
      const { KafkaCluster } = await import(${JSON.stringify(new URL('../../scripts/kafka/cluster.js', import.meta.url))})
      const cluster = await KafkaCluster.start({ directory: ${JSON.stringify(directory)} })
      cluster.nodes[0].pause()
      console.log(cluster.bootstrap)
      ${ending}`)
    t.match(error, how, ending)
    t.match(stdout, /^127\.0\.0\.1:\d+$/m)
    while (await listens(stdout.trim())) await sleep(50) // or the test times out
    t.pass(`${ending} ended the broker`)
  }))
  t.equal((await readdir(directory)).length, 1, 'only the killed one could not remove its data')
})

t.test('says which package to install when there is no Java', async t => {
  const { stderr } = await runModule(`
    const { KafkaCluster } = await import(${JSON.stringify(new URL('../../scripts/kafka/cluster.js', import.meta.url))})
    process.env.PATH = '/nonexistent'
    await KafkaCluster.start()`)
  t.match(stderr, /java is missing: install the Debian package openjdk-17-jre-headless/)
})

t.test('a lock has one owner at a time', async t => {
  const directory = t.testdir()
  const file = join(directory, 'lock')
  const order: string[] = []
  const work = (name: string) => async () => {
    order.push(`${name} begins`)
    await sleep(20)
    order.push(`${name} ends`)
  }
  await Promise.all(['a', 'b', 'c'].map(name => withLock(file, work(name))))
  t.equal(order.length, 6)
  for (const [index, step] of order.entries()) if (index % 2 === 1) t.equal(step.slice(0, 1), order[index - 1]!.slice(0, 1), step)

  await t.rejects(withLock(file, async () => { throw new Error('work failed') }), /work failed/)
  const { stdout: deadProcess } = await runModule('console.log(process.pid)')
  await writeFile(file, deadProcess)
  t.equal(await withLock(file, async () => 'taken over'), 'taken over')
  t.strictSame(await readdir(directory), [], 'nothing is left')
})

function clientOf (cluster: KafkaCluster, options: Partial<KafkaConfig>): Kafka {
  return new Kafka({ clientId: 'test', brokers: cluster.bootstrap.split(','), logLevel: logLevel.NOTHING, ...options })
}

async function createTopic (cluster: KafkaCluster, topic: string, numPartitions: number): Promise<void> {
  const admin = clientOf(cluster, { retry: KEEP_TRYING }).admin()
  await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true })
  await admin.disconnect()
}

/** Lists the topics on a connection of its own: it has to log in for it. */
async function topicsOverTls (cluster: KafkaCluster, sasl: SASLOptions): Promise<string[]> {
  const { bootstrap, caFile } = cluster.tls!
  const admin = clientOf(cluster, { brokers: bootstrap.split(','), ssl: { ca: [readFileSync(caFile)] }, sasl, retry: TRY_ONCE }).admin()
  try {
    await admin.connect()
    return await admin.listTopics()
  } finally {
    await admin.disconnect()
  }
}

/**
 * A consumer of its own group, from the beginning of the topic. To be left in peace from the last value waited for to its
 * teardown: kafkajs 2.2.4 goes on for ever with joining a group that it was doing when it is disconnected.
 */
async function consume (t: Test, client: Kafka, topic: string): Promise<{ values: string[], until: (value: string) => Promise<void> }> {
  const values: string[] = []
  let arrived = () => {}
  const consumer = client.consumer({ groupId: `readers-${Math.random()}`, sessionTimeout: 6_000, heartbeatInterval: 500, retry: KEEP_TRYING })
  t.teardown(() => consumer.disconnect())
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => { values.push(String(message.value)); arrived() } })
  const until = async (value: string) => { while (!values.includes(value)) await new Promise<void>(resolve => { arrived = resolve }) }
  return { values, until }
}

async function runModule (source: string): Promise<{ stdout: string, stderr: string, error: Error | null }> {
  return await new Promise(resolve => {
    execFile(process.execPath, ['--input-type=module', '--eval', source], (error, stdout, stderr) => resolve({ stdout, stderr, error }))
  })
}

async function listens (address: string): Promise<boolean> {
  const [host, port] = address.split(':') as [string, string]
  return await new Promise(resolve => {
    const socket = connect({ host, port: Number(port) }, () => { socket.destroy(); resolve(true) })
    socket.once('error', () => resolve(false))
  })
}
