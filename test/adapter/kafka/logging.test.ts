import kafkajs, { logLevel } from 'kafkajs'
import t from 'tap'
import { createKafkaLogger, kafkaLogLevel } from '../../../adapter/kafka/logging.ts'
import { captureLog } from '../captured-log.ts'

function entry (level: logLevel, message: string, fields: object = {}) {
  return { namespace: 'Runner', level, label: 'x', log: { timestamp: new Date().toISOString(), logger: 'kafkajs', message, ...fields } }
}

t.test('what kafkajs retries is a warning, what it does not an error', async t => {
  const { log, lines } = captureLog('debug')
  const write = createKafkaLogger(log)(logLevel.INFO)
  write(entry(logLevel.ERROR, 'Connection error: connect ECONNREFUSED', { broker: 'a:1', stack: 'Error\n at x' }))
  write(entry(logLevel.ERROR, 'Crash: KafkaJSNonRetriableError: x', { stack: 'Error\n at x' }))
  write(entry(logLevel.WARN, 'The group is rebalancing, re-joining'))
  write(entry(logLevel.INFO, 'Consumer has joined the group', { groupId: 'g' }))
  write(entry(logLevel.INFO, 'Pausing fetching from 1 topics'))
  write(entry(logLevel.ERROR, 'Response Heartbeat(key: 12, version: 3)', { error: 'rebalance in progress' }))
  t.same(lines.map(({ level }) => level), ['warn', 'error', 'warn', 'info', 'debug', 'debug'])
  t.match(lines[0], { component: 'kafkajs Runner', broker: 'a:1', msg: 'Connection error: connect ECONNREFUSED', stack: undefined, timestamp: undefined })
  t.match(lines[1], { stack: /at x/ })
})

t.test('the same warning is told once, and again of another broker', async t => {
  const { log, lines } = captureLog('info')
  const write = createKafkaLogger(log)(logLevel.INFO)
  for (let index = 0; index < 50; index++) {
    write(entry(logLevel.ERROR, 'Connection timeout', { broker: 'a:1' }))
    write(entry(logLevel.ERROR, 'Connection timeout', { broker: 'b:1' }))
    write(entry(logLevel.ERROR, 'Failed to execute listener: x'))
  }
  t.same(lines.filter(({ level }) => level === 'warn').map(({ broker }) => broker), ['a:1', 'b:1'])
  t.equal(lines.filter(({ level }) => level === 'error').length, 50, 'errors are all told')
})

t.test('kafkajs is asked for no more than is written', async t => {
  t.equal(kafkaLogLevel(captureLog('trace').log), logLevel.DEBUG)
  t.equal(kafkaLogLevel(captureLog('info').log), logLevel.INFO)
  t.equal(kafkaLogLevel(captureLog('warn').log), logLevel.WARN)
  const { log, lines } = captureLog('trace')
  const kafka = new kafkajs.Kafka({ brokers: ['127.0.0.1:1'], logLevel: kafkaLogLevel(log), logCreator: createKafkaLogger(log) })
  kafka.logger().namespace('Connection').debug('Request Fetch')
  t.match(lines, [{ level: 'trace', component: 'kafkajs Connection', msg: 'Request Fetch' }])
})
