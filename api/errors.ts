import { ERRORS, type ErrorCode } from '../openapi/index.ts'

interface ServiceErrorOptions extends ErrorOptions {
  /** What went wrong this time; never the customer's text. */
  readonly detail?: string
  /** When a retry may succeed, in milliseconds from now. */
  readonly retryAfterMs?: number
  /** Fields that do not match the contract. */
  readonly errors?: ReadonlyArray<{ path: string, message: string }>
}

/** An error of the registry in `openapi/errors.ts`, thrown anywhere in the service and answered in one place. */
export class ServiceError extends Error {
  readonly code: ErrorCode
  readonly detail: string | undefined
  readonly retryAfterMs: number | undefined
  readonly errors: ReadonlyArray<{ path: string, message: string }> | undefined

  constructor (code: ErrorCode, { detail, retryAfterMs, errors, ...options }: ServiceErrorOptions = {}) {
    super(detail ?? ERRORS[code].title, options)
    this.name = 'ServiceError'
    this.code = code
    this.detail = detail
    this.retryAfterMs = retryAfterMs
    this.errors = errors
  }

  get statusCode (): number { return ERRORS[this.code].status }
}
