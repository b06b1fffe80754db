import { kafkaRuntime } from '../scripts/kafka/jars.ts'
import type { Command, KafkaProgram } from './kafka-program.ts'
import { NUMBER_HEADER } from './sent-record.ts'
import { type TopicRecord, bytesOf } from './topic-record.ts'

/** Characters that none of the suite's records has. */
const FIELD = '\u001f'
const HEADER = '\u001d'
const NULL = '\u001c'
const NO_VALUE = '<none>'
const RECORD = '\u001e\n'
/** It cannot be told to stop at the end; when nothing came for so long, it was there. */
const IDLE_MS = 4_000

/** Kafka's own console consumer and producer, from the broker's jars. */
export async function consoleTools (bootstrap: string): Promise<KafkaProgram> {
  const { classPath, archive } = await kafkaRuntime()
  const java = (tool: string, ...more: string[]): Command => [
    'java', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=off', ...(archive === undefined ? [] : [`-XX:SharedArchiveFile=${archive}`]),
    '-cp', classPath, `org.apache.kafka.tools.${tool}`, '--bootstrap-server', bootstrap, ...more
  ]
  const properties = {
    'print.timestamp': true,
    'print.partition': true,
    'print.offset': true,
    'print.headers': true,
    'print.key': true,
    'key.separator': FIELD,
    'headers.separator': HEADER,
    'line.separator': RECORD,
    'null.literal': NULL
  }
  const formatting = Object.entries(properties).flatMap(([name, value]) => ['--formatter-property', `${name}=${value}`])
  return {
    name: 'Kafka\'s console consumer',
    consume: (topic, until) => java('consumer.ConsoleConsumer', '--topic', topic, '--from-beginning', ...formatting, ...(until === 'end' ? ['--timeout-ms', String(IDLE_MS)] : [])),
    delimiter: RECORD,
    parse: parsePrinted,
    produceWithNullHeaders: (topic, number) => ({
      command: java('ConsoleProducer', '--topic', topic, '--sync', ...['parse.key=true', 'parse.headers=true', `null.marker=${NO_VALUE}`].flatMap(property => ['--reader-property', property])),
      line: (key, value) => `${NUMBER_HEADER}:${number},x-none:${NO_VALUE},x-several:${NO_VALUE},x-several:one,x-several:${NO_VALUE}\t${key}\t${value}\n`
    }),
    produce: (topic, codec) => java('ConsoleProducer', '--topic', topic, '--compression-codec', codec, '--sync', '--reader-property', 'parse.key=true')
  }
}

/** `LogAppendTime:1795448922494 ␟ Partition:0 ␟ Offset:7 ␟ name:value ␝ name:value ␟ key ␟ value` */
export function parsePrinted (printed: string): TopicRecord {
  const [timestamp = '', partition = '', offset = '', headers = '', key = '', value = ''] = printed.split(FIELD)
  const [stamp, ms] = timestamp.split(':')
  const orNull = (text: string) => text === NULL ? null : bytesOf(text)
  return {
    partition: Number(partition.split(':')[1]),
    offset: Number(offset.split(':')[1]),
    timestamp: Number(ms),
    stampedByBroker: stamp === 'LogAppendTime',
    key: orNull(key),
    value: orNull(value),
    headers: headers === 'NO_HEADERS' ? [] : headers.split(HEADER).map(header => [header.slice(0, header.indexOf(':')), orNull(header.slice(header.indexOf(':') + 1)) ?? Buffer.alloc(0)] as const)
  }
}
