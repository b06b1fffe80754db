import { CODECS, type KafkaProgram } from './kafka-program.ts'
import { sendLines } from './send-lines.ts'
import type { SentRecord } from './sent-record.ts'
import { classifyByHash } from './stub-classifier.ts'

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
/** Long and repetitive: a batch that does not get smaller is sent as it is. */
const REPEATED = 'Meine Bohrmaschine lädt nicht mehr, welchen Akku brauche ich? '.repeat(20)

/** Sends good inquiries in batches that are compressed with each codec of Kafka, by another client: kafkajs has only one of them. */
export async function sendCompressed ({ program, topic, run, firstNumber, timeoutMs, answersKnown, signal }: CompressedOptions): Promise<SentRecord[]> {
  const sent: SentRecord[] = []
  for (const [index, codec] of CODECS.entries()) {
    const numbers = Array.from({ length: RECORDS_A_CODEC }, (_, position) => firstNumber + index * RECORDS_A_CODEC + position)
    const inquiries = numbers.map(number => ({ id: `${run}-${number}`, text: `${codec} ${number}: ${REPEATED}` }))
    await sendLines(program.produce(topic, codec), inquiries.map(inquiry => `${inquiry.id}\t${JSON.stringify(inquiry)}\n`), signal)
    const now = Date.now() // the log has the exact time
    sent.push(...inquiries.map(({ id, text }, position): SentRecord => ({
      id, outcome: 'decision', kind: codec, number: numbers[position]!, key: id, sentAt: now, deadline: now + timeoutMs, availableAt: now, ...(answersKnown && { category: classifyByHash(text).category })
    })))
  }
  return sent
}
