import type { ClassifyOutcome } from './types.ts'

export const TIMEOUT: ClassifyOutcome = { kind: 'manual', reason: 'timeout' }
export const UNAVAILABLE: ClassifyOutcome = { kind: 'manual', reason: 'api_unavailable' }
