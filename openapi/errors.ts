/**
 * The one registry of error codes. Callers switch on `code`, never on text. `retriable` says whether the same
 * request can succeed when sent again after `Retry-After` (or a backoff).
 */
export const ERRORS = {
  ERR_INVALID_JSON: { status: 400, retriable: false, title: 'The body is not valid JSON', remedy: 'Send a UTF-8 encoded JSON object with content-length or chunked encoding intact.' },
  ERR_INVALID_REQUEST: { status: 400, retriable: false, title: 'The request does not match the contract', remedy: 'Correct the fields listed in `errors`; see `/openapi.json`.' },
  ERR_UNAUTHENTICATED: { status: 401, retriable: false, title: 'A valid API key is required', remedy: 'Send `Authorization: Bearer <key>` or `x-api-key: <key>`.' },
  ERR_NOT_FOUND: { status: 404, retriable: false, title: 'There is no such resource', remedy: 'See `/openapi.json` for the routes.' },
  ERR_METHOD_NOT_ALLOWED: { status: 405, retriable: false, title: 'This resource does not support the method', remedy: 'Use a method of the `Allow` header.' },
  ERR_REQUEST_TIMEOUT: { status: 408, retriable: true, title: 'The request was not received in time', remedy: 'Send the whole request faster.' },
  ERR_BODY_TOO_LARGE: { status: 413, retriable: false, title: 'The body is too large', remedy: 'Shorten the text or split the batch; the limits are in `docs/configuration.md`.' },
  ERR_UNSUPPORTED_MEDIA_TYPE: { status: 415, retriable: false, title: 'The content type is not supported', remedy: 'Send `content-type: application/json`.' },
  ERR_RATE_LIMITED: { status: 429, retriable: true, title: 'Too many requests from this caller', remedy: 'Wait for `Retry-After` seconds.' },
  ERR_QUEUE_FULL: { status: 429, retriable: true, title: 'The queue is full', remedy: 'Wait for `Retry-After` seconds, or add replicas.' },
  ERR_DEADLINE_UNREACHABLE: { status: 429, retriable: true, title: 'The answer could not be ready before the deadline', remedy: 'Send again later, allow more time in `x-request-timeout-ms`, or add replicas.' },
  ERR_HEADERS_TOO_LARGE: { status: 431, retriable: false, title: 'The request headers are too large', remedy: 'Send at most 16 KiB of headers.' },
  ERR_INTERNAL: { status: 500, retriable: true, title: 'The service failed', remedy: 'Report the `requestId`; the log has the cause under it.' },
  ERR_INFERENCE_FAILED: { status: 500, retriable: true, title: 'The model could not be run on this text', remedy: 'Send again once; if it stays, report the `requestId`.' },
  ERR_NOT_READY: { status: 503, retriable: true, title: 'The service is not ready', remedy: 'Wait for `/health/ready`.' },
  ERR_DRAINING: { status: 503, retriable: true, title: 'The service is shutting down', remedy: 'Send to another replica.' },
  ERR_DEADLINE_EXCEEDED: { status: 504, retriable: true, title: 'The deadline passed before the answer was ready', remedy: 'Allow more time in `x-request-timeout-ms`, or send fewer inquiries in a batch.' }
} as const satisfies Record<string, { status: number, retriable: boolean, title: string, remedy: string }>

export type ErrorCode = keyof typeof ERRORS

/** All codes, in the registry's order. */
export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[]
