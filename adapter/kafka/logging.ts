import { type LogEntry, logLevel } from 'kafkajs'
import type { Level, Logger } from 'pino'

/** How long the same message is told only once; an outage has kafkajs repeat it several times a second. */
const QUIET_MS = 10_000
const MAX_REMEMBERED = 200

/** Errors of kafkajs that it does not retry. All its other ones are a warning here. */
const FINAL_ERRORS = [/^Crash:/, /^Failed to execute listener/, /^Error when calling each/, /^Offset out of range/, /authentication failed/]

/** What kafkajs tells in passing; of an answer that is an error it or the adapter says what comes of it. */
const NOISE = [/^(Pausing|Resuming) fetching/, /^Response /, /^consumer not running/, /switched default partitioner/]

/** The level of kafkajs that gives what a logger would write: its debug lines, several for each request, only for `trace`. */
export function kafkaLogLevel (log: Logger): logLevel {
  if (log.isLevelEnabled('trace')) return logLevel.DEBUG
  return log.isLevelEnabled('info') ? logLevel.INFO : logLevel.WARN
}

/** Gives kafkajs a logger of pino. No record's content is ever in what kafkajs logs. */
export function createKafkaLogger (log: Logger): (level: logLevel) => (entry: LogEntry) => void {
  const toldUntil = new Map<string, number>()

  return () => ({ namespace, level, log: { message, timestamp: _timestamp, logger: _logger, stack, ...fields } }) => {
    const chosen = chooseLevel(level, message)
    log[isRepeated(`${message} ${fields.broker}`, chosen) ? 'debug' : chosen]({ component: `kafkajs ${namespace}`, ...fields, ...(chosen === 'error' && { stack }) }, message)
  }

  function isRepeated (message: string, level: Level): boolean {
    if (level !== 'warn') return false
    const now = Date.now()
    if (now < (toldUntil.get(message) ?? 0)) return true
    if (toldUntil.size >= MAX_REMEMBERED) toldUntil.clear()
    toldUntil.set(message, now + QUIET_MS)
    return false
  }
}

function chooseLevel (level: logLevel, message: string): Level {
  if (level === logLevel.DEBUG) return 'trace'
  if (NOISE.some(pattern => pattern.test(message))) return 'debug'
  if (level === logLevel.INFO) return 'info'
  return level === logLevel.ERROR && FINAL_ERRORS.some(pattern => pattern.test(message)) ? 'error' : 'warn'
}
