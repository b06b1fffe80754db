import pino from 'pino'
import { readAdapterConfig } from '../../adapter/config.ts'
import { type Environment, type Step, parseOptions } from '../step.ts'
import { joinLabels } from './join-labels.ts'
import { DataLake } from './data-lake.ts'
import { collectTopic } from './collect-topic.ts'

const HELP = `Usage: npm run pipelines -- extract [options]

Collects inquiries and agents' corrections from Kafka into the data lake, then joins them: one line an inquiry that an
agent has settled, labelled with the last correction. Goes on where the run before ended; run it more often than
the topics keep their records. The lake holds what customers wrote: \`prepare\` redacts it.

Reads   topics inquiries and inquiry-corrections (KAFKA_BROKERS and the other KAFKA_ variables of the adapter)
Writes  LAKE/inquiries/*.jsonl, LAKE/corrections/*.jsonl, LAKE/positions.json, and the labelled inquiries

  --lake DIR        data lake (default DATA_LAKE_URL, else .cache/lake)
  --out FILE        labelled inquiries (default LAKE/labelled.jsonl)
  --corrections-topic NAME   (default inquiry-corrections; the other one is INQUIRY_TOPIC)
  --timeout SECONDS longest time for the reading (default 600)
  --no-kafka        only join what the lake has`

/** `pipelines extract` */
export const extractStep: Step = { help: HELP, run: extract }

async function extract (args: string[], environment: Environment): Promise<unknown> {
  const values = parseOptions(args, {
    lake: { type: 'string', default: environment.DATA_LAKE_URL?.replace(/^file:(\/\/)?/, '') || '.cache/lake' },
    out: { type: 'string' },
    'corrections-topic': { type: 'string', default: 'inquiry-corrections' },
    timeout: { type: 'string', default: '600' },
    'no-kafka': { type: 'boolean', default: false }
  })
  const lake = await DataLake.open(values.lake)
  const collected = values['no-kafka'] ? {} : await collect(lake, environment, values['corrections-topic'], Number(values.timeout) * 1e3)
  const out = values.out ?? lake.path('labelled.jsonl')
  return { lake: values.lake, collected, labelled: { file: out, ...await joinLabels(lake, out) } }
}

async function collect (lake: DataLake, environment: Environment, correctionsTopic: string, timeoutMs: number) {
  const config = readAdapterConfig({ ...environment, KAFKA_CLIENT_ID: environment.KAFKA_CLIENT_ID || 'inquiry-pipelines' })
  const log = pino({ level: 'warn', base: { service: 'pipelines' } }, pino.destination(process.stderr.fd))
  const giveUpAt = Date.now() + timeoutMs
  const topics = { inquiries: config.INQUIRY_TOPIC, corrections: correctionsTopic } as const
  return {
    inquiries: await collectTopic({ lake, kind: 'inquiries', topic: topics.inquiries, config, log, giveUpAt }),
    corrections: await collectTopic({ lake, kind: 'corrections', topic: topics.corrections, config, log, giveUpAt })
  }
}
