import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type KafkaRuntime, runJava } from './java.ts'
import { type BrokerPorts, type SecurityOptions, serverProperties } from './properties.ts'

export interface FormatOptions {
  runtime: KafkaRuntime
  /** Folder of this node. */
  directory: string
  /** 16 bytes in base64url. */
  clusterId: string
  broker: BrokerPorts
  brokers: readonly BrokerPorts[]
  security?: SecurityOptions
}

/** Writes what a broker needs to start for the first time: `server.properties` and formatted data. */
export async function formatNode ({ runtime, directory, clusterId, security, ...brokers }: FormatOptions): Promise<void> {
  await mkdir(directory, { recursive: true })
  const file = join(directory, 'server.properties')
  await writeFile(file, serverProperties({ ...brokers, dataDirectory: join(directory, 'data'), ...(security && { security }) }))
  const users = security === undefined ? [] : ['SCRAM-SHA-512', 'SCRAM-SHA-256'].map(mechanism => `${mechanism}=[name=${security.username},password=${security.password}]`)
  await runJava({ runtime, mainClass: 'kafka.tools.StorageTool', args: ['format', '-t', clusterId, '-c', file, ...users.flatMap(user => ['--add-scram', user])] })
}
