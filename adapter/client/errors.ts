/** What a caller may get from `classify` or `createInquiryClient`, and what `onError` may be told. Switch on the code. */
export const CLIENT_ERRORS = {
  ERR_INVALID_INQUIRY: 'The inquiry does not match the contract',
  ERR_INVALID_OPTIONS: 'An option is not usable',
  ERR_CLIENT_STOPPED: 'The client was stopped',
  ERR_KAFKA: 'Kafka could not be used; it is tried again',
  ERR_KAFKA_REFUSED: 'Kafka refuses the record for good',
  ERR_CODEC: 'The codec could not write the inquiry',
  ERR_MALFORMED_DECISION: 'A result could not be read and was passed over'
} as const

export type ClientErrorCode = keyof typeof CLIENT_ERRORS

/** An error of this library: what the caller did wrong, or what goes wrong behind `classify`. */
export class InquiryClientError extends Error {
  readonly code: ClientErrorCode
  /** With `ERR_INVALID_INQUIRY`: each field that does not match, by JSON pointer; nothing of what the customer wrote. */
  readonly fields: ReadonlyArray<{ readonly path: string, readonly message: string }>

  constructor (code: ClientErrorCode, { detail, fields = [], cause }: { detail?: string, fields?: InquiryClientError['fields'], cause?: unknown } = {}) {
    super(detail === undefined ? CLIENT_ERRORS[code] : `${CLIENT_ERRORS[code]}: ${detail}`, { cause })
    this.name = 'InquiryClientError'
    this.code = code
    this.fields = fields
  }
}
