/** The app's side of the inquiry topics, importable as `inquiry-matching/client`. */
export { createInquiryClient } from './client.ts'
export { CLIENT_ERRORS, type ClientErrorCode, InquiryClientError } from './errors.ts'
export { type Fallback, FALLBACKS } from './fallback.ts'
export type { KafkaClient } from './kafka.ts'
export type { ClassifyOptions, Codec, Decision, InquiryClient, InquiryClientOptions } from './types.ts'
