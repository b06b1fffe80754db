/** The contract of the system: every schema that crosses a process boundary, and the error codes. */
export * from './dead-letters.ts'
export * from './errors.ts'
export * from './ref.ts'
export * from './schemas/classification.ts'
export * from './schemas/inquiry.ts'
export * from './schemas/messages.ts'
export * from './schemas/problem.ts'
export * from './schemas/service.ts'
