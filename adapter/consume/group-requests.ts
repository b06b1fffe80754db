/** API keys of the requests by which a member comes, gets its partitions, and goes. */
export const GROUP_REQUESTS = { join: 11, leave: 13, sync: 14 } as const

/** Length, API key, API version and correlation id come before the client's id; each text has its length before it. */
const CLIENT_ID_AT = 12
const TEXT_LENGTH_BYTES = 2

/** The group's generation that a SyncGroup request is about, which kafkajs does not tell; all its versions begin alike. */
export function generationIn (syncRequest: Buffer): number {
  const groupIdAt = endOfText(syncRequest, CLIENT_ID_AT)
  return syncRequest.readInt32BE(endOfText(syncRequest, groupIdAt))
}

function endOfText (request: Buffer, start: number): number {
  return start + TEXT_LENGTH_BYTES + Math.max(0, request.readInt16BE(start)) // -1: none
}
