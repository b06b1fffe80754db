import type { Inquiry } from '../../openapi/index.ts'
import { LONGEST_TRACE_HEADER, TRACE_HEADERS } from '../trace-headers.ts'

/** What the API takes in `x-request-timeout-ms`. */
const LONGEST_TIMEOUT_MS = 999_999_999
/** What another service wrote there must not make the API refuse the inquiry. */
const TRACE_VALUE = /^[\x20-\x7e]+$/

/** The body of a request. `topK` stays the API's default. */
export function requestBody ({ id, text, subject, locale }: Inquiry): string {
  return JSON.stringify({ id, text, subject, locale })
}

/** Headers of every request, names and values in turn. */
export function commonHeaders (apiKey: string | undefined): string[] {
  const headers = ['content-type', 'application/json']
  return apiKey ? [...headers, 'authorization', `Bearer ${apiKey}`] : headers
}

/** The trace context as headers, names and values in turn: as much of it as HTTP can carry. */
export function traceHeaders (given: Readonly<Record<string, string>> = {}): string[] {
  return TRACE_HEADERS.flatMap(name => {
    const value = given[name] ?? ''
    return TRACE_VALUE.test(value) && value.length <= LONGEST_TRACE_HEADER ? [name, value] : []
  })
}

/** Tells the API how long its answer is of use. @param deadline epoch milliseconds */
export function timeoutHeader (deadline: number): [string, string] {
  const left = Math.floor(deadline - Date.now())
  return ['x-request-timeout-ms', String(Math.min(Math.max(1, left), LONGEST_TIMEOUT_MS))]
}
