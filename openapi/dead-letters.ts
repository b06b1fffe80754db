/**
 * Why a record of the `inquiries` topic could not be read: the codes of the header `error-code` in the dead-letter
 * topic. Switch on the code; `error-message` says where in the record it went wrong, never what the customer wrote.
 */
export const DEAD_LETTERS = {
  ERR_EMPTY_RECORD: { title: 'The record has no value', remedy: 'Send the inquiry as JSON; a tombstone deletes nothing here.' },
  ERR_RECORD_TOO_LARGE: { title: 'The record is larger than the adapter reads', remedy: 'Shorten the text, or raise `MAX_RECORD_BYTES`.' },
  ERR_UNREADABLE_BATCH: { title: 'A batch of records is damaged, or too large once decompressed', remedy: 'Look at the producer that sent it. The dead letter holds the whole batch as it was stored, in place of its records.' },
  ERR_INVALID_JSON: { title: 'The value is not JSON in UTF-8', remedy: 'Send one JSON object a record; a codec of your own belongs in front of the topic.' },
  ERR_INVALID_INQUIRY: { title: 'The value does not match the contract', remedy: 'Correct the fields that `error-message` names; see `openapi/asyncapi.json`.' },
  ERR_UNEXPECTED: { title: 'The adapter itself failed at reading the record', remedy: 'Report it: `error-message` has the kind of the error, the adapter\'s log all of it.' },
  ERR_REFUSED_BY_API: { title: 'The API refuses this inquiry for good', remedy: 'See the API\'s code in `error-message`; adapter and API may be of different versions.' }
} as const satisfies Record<string, { title: string, remedy: string }>

export type DeadLetterCode = keyof typeof DEAD_LETTERS

/** All codes, in the registry's order. */
export const DEAD_LETTER_CODES = Object.keys(DEAD_LETTERS) as DeadLetterCode[]
