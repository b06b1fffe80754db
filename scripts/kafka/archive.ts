import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BrokerNode } from './broker-node.ts'
import { formatNode } from './format.ts'
import { type KafkaRuntime } from './java.ts'
import { findFreePorts } from './ports.ts'

export interface ArchiveOptions {
  runtime: KafkaRuntime
  /** Where to write it. */
  file: string
}

/** Writes the AppCDS archive: the classes that a broker has loaded when it has started and shut down, ready to be mapped. */
export async function writeArchive ({ runtime, file }: ArchiveOptions): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'kafka-archive-'))
  const unfinished = `${file}.${process.pid}`
  try {
    const [plaintext, controller] = await findFreePorts(2) as [number, number]
    const broker = { id: 1, plaintext, controller }
    await formatNode({ runtime, directory, clusterId: 'archive-archive-archiv', broker, brokers: [broker] })
    const node = new BrokerNode({ id: 1, address: `127.0.0.1:${plaintext}`, directory, runtime, heapMegabytes: 512, flags: [`-XX:ArchiveClassesAtExit=${unfinished}`] })
    await node.start()
    await node.stop()
    await rename(unfinished, file)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
