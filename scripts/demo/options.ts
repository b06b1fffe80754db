import { parseArgs } from 'node:util'

export const HELP = `Usage: npm run demo -- [options]

Starts Kafka, the API and the adapter, sends sample inquiries and shows each decision as it arrives. Ctrl-C ends it all.

  --rate N     inquiries a second (default 5)
  --count N    stop after N inquiries, when all are decided (default: go on until Ctrl-C)
  --help       show this

Needs Java 17 and Maven for the broker (Debian: openjdk-17-jre-headless, maven). With a cluster of yours it needs neither:

  KAFKA_BROKERS=host:9092 npm run demo

All variables of the adapter count then (KAFKA_SSL, KAFKA_SASL_MECHANISM, …). Topics that are not named are made under
names of their own and removed at the end.`

export interface DemoOptions {
  /** Inquiries a second. */
  readonly rate: number
  /** Inquiries to send; Infinity: until it is stopped. */
  readonly count: number
  readonly help: boolean
}

const HIGHEST_RATE = 1_000

/** @throws an error that names the argument that is wrong */
export function readOptions (args: string[]): DemoOptions {
  const { values } = parseArgs({
    args,
    options: {
      rate: { type: 'string', default: '5' },
      count: { type: 'string', default: 'Infinity' },
      help: { type: 'boolean', default: false }
    }
  })
  const rate = Number(values.rate)
  const count = Number(values.count)
  if (!(rate > 0 && rate <= HIGHEST_RATE)) throw new Error(`--rate must be above 0 and at most ${HIGHEST_RATE}`)
  if (!(count > 0 && (Number.isSafeInteger(count) || values.count === 'Infinity'))) throw new Error('--count must be a whole number above 0')
  return { rate, count, help: values.help }
}
