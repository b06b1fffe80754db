/** What a call to MLflow can come to; callers switch on `code`. */
export type MlflowErrorCode =
  /** The server's address is none. */
  | 'ERR_MLFLOW_ADDRESS'
  /** No answer in time, or one that says that the server cannot just now. */
  | 'ERR_MLFLOW_UNAVAILABLE'
  /** An answer that says no: `reason` says why. */
  | 'ERR_MLFLOW_REFUSED'
  /** An answer that is not MLflow's. */
  | 'ERR_MLFLOW_ANSWER'

export interface MlflowErrorOptions extends ErrorOptions {
  /** MLflow's own `error_code`; `HTTP_<status>` where the answer has none. */
  readonly reason?: string | undefined
}

export class MlflowError extends Error {
  readonly code: MlflowErrorCode
  readonly reason: string | undefined

  constructor (code: MlflowErrorCode, message: string, options: MlflowErrorOptions = {}) {
    super(message, options)
    this.name = 'MlflowError'
    this.code = code
    this.reason = options.reason
  }
}

export function isUnavailable (error: unknown): boolean {
  return error instanceof MlflowError && error.code === 'ERR_MLFLOW_UNAVAILABLE'
}

/** Whether MLflow refused a call for this reason, for example `RESOURCE_ALREADY_EXISTS`. */
export function isRefusal (error: unknown, reason: string): boolean {
  return error instanceof MlflowError && error.code === 'ERR_MLFLOW_REFUSED' && error.reason === reason
}
