import type { Stack } from './stack.ts'

/** What runs where, and how to break it. */
export function introduction ({ config, pids: { api, adapter, broker } }: Pick<Stack, 'config' | 'pids'>): string {
  const { KAFKA_BROKERS, INQUIRY_TOPIC, RESULT_TOPIC, LATE_TOPIC, DEAD_LETTER_TOPIC, INQUIRY_TIMEOUT_MS } = config
  const breaks: Array<readonly [command: string, what: string]> = [
    [`kill -STOP ${api}`, `the API hangs: manual, timeout; soon manual at once    (kill -CONT ${api}: it goes on)`],
    [`kill -KILL ${api}`, 'the API dies: manual, API unavailable; it is started again'],
    [`kill -KILL ${adapter}`, 'the adapter dies: the app decides by itself; it is started again'],
    ...(broker === undefined
      ? []
      : [[`kill -STOP ${broker}`, `Kafka hangs: the app decides by itself    (kill -CONT ${broker}: it goes on)`] as const])
  ]
  return `
Topics: ${INQUIRY_TOPIC} → ${RESULT_TOPIC}; ${LATE_TOPIC}; ${DEAD_LETTER_TOPIC}
Read along:  kcat -b ${KAFKA_BROKERS} -C -t ${RESULT_TOPIC}

Break it from another terminal, and every inquiry still gets its decision within ${INQUIRY_TIMEOUT_MS / 1e3} s:
${breaks.map(([command, what]) => `  ${command.padEnd(18)} ${what}`).join('\n')}
Ctrl-C ends everything.
`
}
