/**
 * What a leader answers before it appends anything. `NOT_LEADER_FOR_PARTITION` is not among them: a leader that is
 * replaced while it waits for its followers answers so too, with the records in its log and perhaps in theirs.
 */
const BEFORE_APPENDING = new Set(['NOT_ENOUGH_REPLICAS', 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'CORRUPT_MESSAGE', 'INVALID_TIMESTAMP'])
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

/**
 * Whether the broker answered that it kept nothing of a produce request. No error of another kind says so, whatever
 * it is called: after a request whose connection broke kafkajs asks for metadata, and throws what it meets there,
 * as `ECONNREFUSED`, in place of what happened to the request.
 */
export function wasRefused (error: unknown): boolean {
  return BEFORE_APPENDING.has(protocolErrorOf(error))
}

/** Whether the broker refused the records for their size. */
export function wasTooLarge (error: unknown): boolean {
  return TOO_LARGE.has(protocolErrorOf(error))
}

/**
 * Whether kafkajs failed at encoding the records, as it does at a header without a value. It throws the same again for
 * the same records; though rarely, it throws such errors elsewhere too.
 */
export function isUnencodable (error: unknown): boolean {
  return causesOf(error).some(cause => cause instanceof TypeError || cause instanceof RangeError)
}

/** @returns the broker's name of the error; empty when it is not the broker's */
function protocolErrorOf (error: unknown): string {
  const answer = causesOf(error).find(({ name }) => name === 'KafkaJSProtocolError') as Error & { type?: string } | undefined
  return answer?.type ?? ''
}

/** An error and what it was caused by. */
function causesOf (error: unknown): Error[] {
  const causes: Error[] = []
  for (let cause = error; causes.length < 10 && cause instanceof Error; cause = cause.cause) causes.push(cause)
  return causes
}
