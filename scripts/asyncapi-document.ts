import { readFileSync } from 'node:fs'
import { readAdapterConfig } from '../adapter/config.ts'
import { MESSAGE_SCHEMA_VERSION } from '../openapi/index.ts'
import { BINDING_VERSION, type MessageName, messageComponents } from './asyncapi/messages.ts'

const DESCRIPTION = `What travels over Kafka between the app and the adapter that sees to it that each customer inquiry gets one
decision in time. Operations are the adapter's: it receives inquiries and sends decisions.

Values are JSON in UTF-8, keys the inquiry's id. The first decision of an id, in the order of its partition, counts; later ones are to
be ignored. The deadline is counted from the timestamp of the inquiry's record. Names of topics and their partitions are the adapter's
defaults (\`docs/configuration.md\`). Decisions bear the version of the messages, ${MESSAGE_SCHEMA_VERSION}, in the header \`schema-version\`.`

const { KAFKA_BROKERS, CONSUMER_GROUP, INQUIRY_TOPIC, RESULT_TOPIC, LATE_TOPIC, DEAD_LETTER_TOPIC, TOPIC_PARTITIONS } = readAdapterConfig({})

/** The AsyncAPI document of the topics, from the schemas of the messages and the adapter's defaults. */
export function asyncApiDocument (): object {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Inquiry matching: Kafka topics',
      version: packageVersion(),
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' }
    },
    defaultContentType: 'application/json',
    servers: {
      kafka: { host: KAFKA_BROKERS, protocol: 'kafka', description: 'One of the brokers in `KAFKA_BROKERS`; TLS and SASL as `KAFKA_SSL…` and `KAFKA_SASL_…` say.' }
    },
    channels: {
      inquiries: channel({ address: INQUIRY_TOPIC, message: 'inquiry', title: 'Inquiries', description: 'Inquiries as the app sends them. `INQUIRY_TOPIC`.' }),
      decisions: channel({
        address: RESULT_TOPIC,
        message: 'decision',
        title: 'Decisions',
        description: 'One decision on each inquiry, in the partition with the number of the inquiry\'s (modulo their count here). `RESULT_TOPIC`.'
      }),
      lateAnswers: channel({ address: LATE_TOPIC, message: 'lateAnswer', title: 'Late answers', description: 'Answers that came after their inquiries had been decided without them. `LATE_TOPIC`.' }),
      deadLetters: channel({ address: DEAD_LETTER_TOPIC, message: 'deadLetter', title: 'Dead letters', description: 'Records of the inquiries\' topic that could not be read. `DEAD_LETTER_TOPIC`.' }),
      corrections: channel({
        address: 'inquiry-corrections',
        message: 'correction',
        title: 'Corrections',
        description: 'What agents settled on, sent by the app for measuring and training models. The adapter has no part in it.'
      })
    },
    operations: {
      receiveInquiry: operation({ action: 'receive', channel: 'inquiries', message: 'inquiry', summary: 'Take an inquiry, to be decided by its deadline.' }),
      sendDecision: operation({ action: 'send', channel: 'decisions', message: 'decision', summary: 'Tell the decision on an inquiry.' }),
      recoverDecision: operation({
        action: 'receive', channel: 'decisions', message: 'decision', summary: 'Find what was decided before, by whoever had the partition, so that nothing is decided twice.'
      }),
      sendLateAnswer: operation({ action: 'send', channel: 'lateAnswers', message: 'lateAnswer', summary: 'Tell an answer that came too late.' }),
      sendDeadLetter: operation({ action: 'send', channel: 'deadLetters', message: 'deadLetter', summary: 'Put aside a record that cannot be read, and say why.' })
    },
    components: messageComponents()
  }
}

function packageVersion (): string {
  return JSON.parse(readFileSync('package.json', 'utf8')).version
}

function channel ({ address, message, title, description }: { address: string, message: MessageName, title: string, description: string }): object {
  return {
    address,
    title,
    description,
    messages: { [message]: { $ref: `#/components/messages/${message}` } },
    bindings: { kafka: { topic: address, partitions: TOPIC_PARTITIONS, topicConfiguration: { 'cleanup.policy': ['delete'] }, bindingVersion: BINDING_VERSION } }
  }
}

function operation ({ action, channel, message, summary }: { action: 'send' | 'receive', channel: string, message: MessageName, summary: string }): object {
  const groupId = { type: 'string', default: CONSUMER_GROUP, description: '`CONSUMER_GROUP`' }
  return {
    action,
    channel: { $ref: `#/channels/${channel}` },
    summary,
    messages: [{ $ref: `#/channels/${channel}/messages/${message}` }],
    ...(action === 'receive' && { bindings: { kafka: { groupId, bindingVersion: BINDING_VERSION } } })
  }
}
