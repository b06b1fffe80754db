/** W3C trace context: carried from a record to the request and to the decision. */
export const TRACE_HEADERS = ['traceparent', 'tracestate'] as const

/** What W3C asks to be carried; a longer value is dropped. */
export const LONGEST_TRACE_HEADER = 512
