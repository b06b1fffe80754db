import type { CompressedOptions } from './compressed.ts'
import { sendLines } from './send-lines.ts'
import { type SentRecord, fingerprintOf } from './sent-record.ts'
import { classifyByHash } from './stub-classifier.ts'

/** Sends a good inquiry and one that cannot be read, both with headers that have no value: kafkajs, which the driver uses, cannot. */
export async function sendNullHeaders ({ program, topic, run, firstNumber, timeoutMs, answersKnown, signal }: CompressedOptions): Promise<SentRecord[]> {
  const [good, poison] = [firstNumber, firstNumber + 1].map(number => ({ number, id: `${run}-${number}` })) as [Numbered, Numbered]
  const text = 'Wo ist mein Paket?'
  const send = async ({ number, id }: Numbered, value: string) => {
    const { command, line } = program.produceWithNullHeaders(topic, number)
    await sendLines(command, [line(id, value)], signal)
    const now = Date.now() // the log has the exact time
    return { id, number, key: id, sentAt: now, deadline: now + timeoutMs, availableAt: now, kind: 'headers without a value' }
  }
  const value = `{"id":"${poison.id}"`
  return [
    { ...await send(good, JSON.stringify({ id: good.id, text })), outcome: 'decision', ...(answersKnown && { category: classifyByHash(text).category }) },
    { ...await send(poison, value), outcome: 'invalid', fingerprint: fingerprintOf(poison.id, value) }
  ]
}

interface Numbered { readonly number: number, readonly id: string }
