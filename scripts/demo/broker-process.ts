import { setTimeout as sleep } from 'node:timers/promises'
import { KafkaCluster } from '../kafka/cluster.ts'

/**
 * The demo's broker, in a process of its own: a Ctrl-C at the terminal must not reach Java before the adapter is done,
 * and a start that is given up, Maven included, is ended by killing the process group. Takes the folder for its data as
 * argument and sends a `BrokerMessage` at each change. The broker is started again on its data when it dies.
 */
export interface BrokerMessage {
  readonly bootstrap: string
  /** Of the Java process; left out while there is none. */
  readonly pid?: number
}

const POLL_MS = 250
const RESTART_MS = 3_000

let cluster: KafkaCluster | undefined
let isClosing = false
for (const event of ['SIGTERM', 'disconnect'] as const) process.once(event, close)

try {
  cluster = await KafkaCluster.start({ directory: process.argv[2]! })
} catch (error) {
  console.error((error as Error).message)
  process.exit(1)
}
await keepRunning(cluster)

async function keepRunning ({ bootstrap, nodes: [node] }: KafkaCluster): Promise<void> {
  const send = (message: BrokerMessage) => process.send!(message)
  while (true) {
    if (node!.pid !== undefined) send({ bootstrap, pid: node!.pid })
    while (node!.pid !== undefined) await sleep(POLL_MS)
    if (isClosing) return
    send({ bootstrap })
    await sleep(RESTART_MS)
    if (isClosing) return
    await node!.start().catch(error => { if (!isClosing) console.error((error as Error).message) })
  }
}

async function close (): Promise<void> {
  if (isClosing) return
  isClosing = true
  if (cluster === undefined) process.kill(-process.pid, 'SIGKILL')
  await cluster?.close()
  process.exit()
}
