import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BrokerNode } from './broker-node.ts'
import { makeCertificates } from './certificates.ts'
import { formatNode } from './format.ts'
import { kafkaRuntime } from './jars.ts'
import { type KafkaRuntime, runJava } from './java.ts'
import { findFreePorts } from './ports.ts'
import { type BrokerPorts } from './properties.ts'

export type { BrokerNode } from './broker-node.ts'

export interface KafkaClusterOptions {
  /** With three, topics have three replicas, of which two must be in sync. @default 1 */
  brokers?: 1 | 3
  /** Also listens on SASL_SSL, see `KafkaCluster.tls`. @default false */
  security?: boolean
  /** Folder in which the cluster makes a temporary folder of its own. @default the system's folder for temporary files */
  directory?: string
}

export interface KafkaTls {
  /** `host:port,host:port` of the SASL_SSL listeners. */
  bootstrap: string
  /** PEM file of the authority that signed the brokers' certificate. */
  caFile: string
  /** The one user, for SCRAM-SHA-512, SCRAM-SHA-256 and PLAIN. OAUTHBEARER takes any token of `unsecuredToken()`. */
  username: string
  password: string
}

const USER = { username: 'app', password: 'app-secret' }

/** Data of the clusters that are not closed yet, for the case that this process ends before. Its brokers are killed by then. */
const directories = new Set<string>()
process.once('exit', () => { for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 3 }) })

interface Parts {
  runtime: KafkaRuntime
  directory: string
  nodes: readonly BrokerNode[]
  tls: KafkaTls | undefined
}

/** Real Apache Kafka brokers on free ports of 127.0.0.1, for tests and demonstrations. Needs Java and Maven; OpenSSL for security. */
export class KafkaCluster {
  /** `host:port,host:port` of the plaintext listeners. */
  readonly bootstrap: string
  /** Node ids 1..n, in this order. */
  readonly nodes: readonly BrokerNode[]
  /** How to connect over SASL_SSL, where the cluster has security. */
  readonly tls?: KafkaTls
  readonly #runtime: KafkaRuntime
  readonly #directory: string

  private constructor ({ runtime, directory, nodes, tls }: Parts) {
    this.#runtime = runtime
    this.#directory = directory
    this.nodes = nodes
    this.bootstrap = nodes.map(({ address }) => address).join()
    if (tls !== undefined) this.tls = tls
  }

  /** Starts a new, empty cluster and waits until each broker answers and knows all the others. */
  static async start ({ brokers: count = 1, security = false, directory: parent = tmpdir() }: KafkaClusterOptions = {}): Promise<KafkaCluster> {
    const runtime = await kafkaRuntime()
    const brokers = await assignPorts({ count, security })
    const directory = await mkdtemp(join(parent, 'kafka-'))
    directories.add(directory)
    const nodes = brokers.map(({ id, plaintext }) => new BrokerNode({
      id, address: `127.0.0.1:${plaintext}`, directory: join(directory, `node-${id}`), runtime, heapMegabytes: count === 1 ? 512 : 384
    }))
    try {
      const certificates = security ? await makeCertificates(directory) : undefined
      const clusterId = newClusterId()
      await Promise.all(nodes.map(async (node, index) => await formatNode({
        runtime, directory: node.directory, clusterId, broker: brokers[index]!, brokers, ...(certificates && { security: { ...certificates, ...USER } })
      })))
      await Promise.all(nodes.map(async node => await node.start({ brokers: nodes.map(({ id }) => id) })))
      const tls = certificates && { bootstrap: brokers.map(({ saslSsl }) => `localhost:${saslSsl}`).join(), caFile: certificates.caFile, ...USER }
      return new KafkaCluster({ runtime, directory, nodes, tls })
    } catch (error) {
      await closeNodes(nodes, directory)
      throw error
    }
  }

  /**
   * Runs one of Kafka's own command-line classes and returns what it printed to stdout. Those that talk to brokers
   * (`org.apache.kafka.tools.…`) are told this cluster's unless the arguments name others.
   */
  async tool (mainClass: string, args: string[]): Promise<string> {
    const needsBrokers = mainClass.startsWith('org.apache.kafka.tools.') && !args.includes('--bootstrap-server')
    return await runJava({ runtime: this.#runtime, mainClass, args: needsBrokers ? ['--bootstrap-server', this.bootstrap, ...args] : args })
  }

  /** Ends every broker, also paused ones, and removes the data. */
  async close (): Promise<void> {
    await closeNodes(this.nodes, this.#directory)
  }
}

async function closeNodes (nodes: readonly BrokerNode[], directory: string): Promise<void> {
  await Promise.all(nodes.map(async node => await node.kill()))
  await rm(directory, { recursive: true, force: true })
  directories.delete(directory)
}

async function assignPorts ({ count, security }: { count: number, security: boolean }): Promise<BrokerPorts[]> {
  const ports = await findFreePorts(3 * count)
  return Array.from({ length: count }, (_, index) => {
    const [plaintext, controller, saslSsl] = ports.slice(3 * index) as [number, number, number]
    return { id: index + 1, plaintext, controller, ...(security && { saslSsl }) }
  })
}

/** 16 bytes in base64url. A leading dash would be read as an option. */
function newClusterId (): string {
  const bytes = randomBytes(16)
  bytes[0]! &= 0x7f
  return bytes.toString('base64url')
}
