import { spawnSync } from 'node:child_process'
import { consoleTools } from './console-tools.ts'
import { kcat } from './kcat.ts'
import type { TopicRecord } from './topic-record.ts'

export const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const

/** A Kafka client for the command line, which shares no code with an adapter in Node. */
export interface KafkaProgram {
  /** As it is called in a report. */
  readonly name: string
  /** Command that prints a topic from its beginning: to what is now its end, or for ever. */
  consume(topic: string, until: 'end' | 'killed'): Command
  /** What follows each record that `consume` prints. */
  readonly delimiter: string
  /** Reads what was printed of one record, taken as Latin-1, a character for a byte. */
  parse(printed: string): TopicRecord
  /** Command that sends its input, a line with key, tab and value for each record, in compressed batches. */
  produce(topic: string, codec: typeof CODECS[number]): Command
  /** The same, uncompressed; each record bears the number, and headers without a value. What to send is asked of `line`. */
  produceWithNullHeaders(topic: string, number: number): { readonly command: Command, readonly line: (key: string, value: string) => string }
}

export type Command = readonly [string, ...string[]]

export const PROGRAMS = { kcat, 'console-tools': consoleTools }
export type ProgramName = keyof typeof PROGRAMS

/** kcat where it is installed, otherwise Kafka's own tools, unless one is asked for. */
export async function openProgram (bootstrap: string, name: ProgramName = kcatIsInstalled() ? 'kcat' : 'console-tools'): Promise<KafkaProgram> {
  return await PROGRAMS[name](bootstrap)
}

function kcatIsInstalled (): boolean {
  return spawnSync('kcat', ['-V'], { stdio: 'ignore' }).status === 0
}
