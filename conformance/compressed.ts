import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { classifyByHash } from './stub-classifier.ts'
import { CODECS, type KafkaProgram } from './kafka-program.ts'
import type { SentRecord } from './sent-record.ts'
import { withLimit } from './wait.ts'

export interface CompressedOptions {
  readonly program: KafkaProgram
  readonly topic: string
  readonly run: string
  /** Number of the first record. */
  readonly firstNumber: number
  readonly timeoutMs: number
  readonly answersKnown: boolean
  readonly signal: AbortSignal
}

const RECORDS_A_CODEC = 10
const SEND_LIMIT_MS = 20_000
/** Long and repetitive: a batch that does not get smaller is sent as it is. */
const REPEATED = 'Meine Bohrmaschine lädt nicht mehr, welchen Akku brauche ich? '.repeat(20)

/** Sends good inquiries in batches that are compressed with each codec of Kafka, by another client: kafkajs has only one of them. */
export async function sendCompressed ({ program, topic, run, firstNumber, timeoutMs, answersKnown, signal }: CompressedOptions): Promise<SentRecord[]> {
  const sent: SentRecord[] = []
  for (const [index, codec] of CODECS.entries()) {
    const numbers = Array.from({ length: RECORDS_A_CODEC }, (_, position) => firstNumber + index * RECORDS_A_CODEC + position)
    const inquiries = numbers.map(number => ({ id: `${run}-${number}`, text: `${codec} ${number}: ${REPEATED}` }))
    const [command, ...args] = program.produce(topic, codec)
    const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'inherit'] })
    const exit = once(child, 'exit')
    child.stdin.end(inquiries.map(inquiry => `${inquiry.id}\t${JSON.stringify(inquiry)}\n`).join(''))
    try {
      const [code] = await withLimit(exit, { what: `${program.name} to send with ${codec}`, limitMs: SEND_LIMIT_MS, signal })
      if (code !== 0) throw new Error(`${command} ended with ${code} sending with ${codec}`)
    } finally {
      child.kill('SIGKILL')
    }
    const now = Date.now() // the log has the exact time
    sent.push(...inquiries.map(({ id, text }, position): SentRecord => ({
      id, outcome: 'decision', kind: codec, number: numbers[position]!, key: id, sentAt: now, deadline: now + timeoutMs, availableAt: now, ...(answersKnown && { category: classifyByHash(text).category })
    })))
  }
  return sent
}
