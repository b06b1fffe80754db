/** What the adapter reaches for inside kafkajs, which declares no types for it. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    readonly pending: readonly unknown[]
    constructor (options: object)
    scheduleCheckPendingRequests (): void
    checkPendingRequests (): void
    push (request: object): void
    fulfillRequest (response: object): void
    destroy (): void
  }
}

declare module 'kafkajs/src/protocol/decoder.js' {
  export default class Decoder {
    offset: number
    constructor (buffer: Buffer)
    readInt32 (): number
    readBytes (length: number): Buffer
    canReadBytes (length: number): boolean
  }
}

declare module 'kafkajs/src/protocol/recordBatch/v0/decoder.js' {
  import type Decoder from 'kafkajs/src/protocol/decoder.js'

  export interface DecodedRecord {
    magicByte: number
    attributes: number
    timestamp: string
    offset: string
    key: Buffer | null
    value: Buffer | null
    headers: Record<string, Buffer | Buffer[]>
    isControlRecord: boolean
    batchContext: { producerId: string, inTransaction: boolean }
  }

  export default function decodeRecordBatch (decoder: Decoder): Promise<{ records: DecodedRecord[] }>
}

declare module 'kafkajs/src/protocol/recordBatch/record/v0/index.js' {
  import type { Message } from 'kafkajs'

  export default function encodeRecord (record: Message): object
}

declare module 'kafkajs/src/protocol/request.js' {
  export default function createRequest (options: { correlationId: number, clientId: string | null, request: object }): Promise<{ readonly buffer: Buffer }>
}

declare module 'kafkajs/src/protocol/requests/syncGroup/index.js' {
  interface Fields { groupId: string, generationId: number, memberId: string, groupAssignment: Array<{ memberId: string, memberAssignment: Buffer }> }
  const syncGroup: { protocol (options: { version: number }): (fields: Fields) => { readonly request: object } }
  export default syncGroup
}

declare module 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js' {
  import type Decoder from 'kafkajs/src/protocol/decoder.js'
  import type { DecodedRecord } from 'kafkajs/src/protocol/recordBatch/v0/decoder.js'

  export default function decodeMessages (decoder: Decoder): Promise<DecodedRecord[]>
}
