import { ERRORS, type ErrorCode } from '../../openapi/index.ts'
import { parseJson, readAnswer } from './answer.ts'
import type { Sign } from './breaker.ts'
import type { Breakage, Reply } from './exchange.ts'
import { TIMEOUT, UNAVAILABLE } from './outcomes.ts'
import { retryAfterMs } from './retry.ts'
import type { ClassifyOutcome, Misconfiguration } from './types.ts'

/** What a request came to. */
export interface Reading {
  /** One of few words, for metrics. */
  readonly outcome: string
  /** What it says of the API. */
  readonly sign: Sign
  /** What its call comes to when this was its last attempt. */
  readonly result: ClassifyOutcome
  readonly isRetriable: boolean
  /** How long the API asked to wait, where it did. */
  readonly retryAfterMs?: number | undefined
  /** Whether it asked so of everybody, not only for this inquiry. */
  readonly isForAll?: boolean
  readonly misconfiguration?: Misconfiguration
  /** The connection closed before anything came back, as an idle one may at any moment: no news of the API yet. */
  readonly isStaleConnection?: boolean
}

/** Statuses of an inquiry that will never be accepted. */
const REFUSALS = [413, 431]
/** Statuses besides 5xx that may be different the next time, where no problem document of ours says so. */
const RETRIABLE = [408, 425, 429]

const broken = (outcome: string) => ({ outcome, sign: 'failed', result: UNAVAILABLE, isRetriable: true }) as const
const BREAKAGES: Record<Breakage['stage'], Reading> = {
  unsent: broken('unreachable'),
  sent: { ...broken('closed'), isStaleConnection: true },
  replying: broken('closed')
}
const INVALID_REPLY: Reading = { outcome: 'invalid_reply', sign: 'failed', result: UNAVAILABLE, isRetriable: false, misconfiguration: { status: 200, code: undefined } }

/** @param id the inquiry's id, where it has one */
export function readEnd (end: Reply | Breakage, id: string | undefined): Reading {
  if ('stage' in end) return BREAKAGES[end.stage]
  if (end.status !== 200) return readProblem(end)
  const answer = readAnswer(end.body, id)
  return answer ? { outcome: 'ok', sign: 'answered', result: { kind: 'answer', answer }, isRetriable: false } : INVALID_REPLY
}

function readProblem ({ status, body, retryAfter }: Reply): Reading {
  const code = codeOf(body)
  const outcome = String(status)
  // A 400 counts from the API itself only: a server that is no such API says it to every inquiry.
  if (REFUSALS.includes(status) || (status === 400 && code)) {
    return { outcome, sign: 'alive', result: { kind: 'refused', code: code ?? `HTTP_${status}` }, isRetriable: false }
  }
  const isRetriable = code ? ERRORS[code].retriable : status >= 500 || RETRIABLE.includes(status)
  const isAboutTime = status === 504 || code === 'ERR_DEADLINE_UNREACHABLE'
  return {
    outcome,
    sign: signOf(status, code, isRetriable),
    result: isAboutTime ? TIMEOUT : UNAVAILABLE,
    isRetriable,
    retryAfterMs: retryAfterMs(retryAfter),
    isForAll: (status === 429 || status === 503) && !isAboutTime,
    ...(!isRetriable && { misconfiguration: { status, code } })
  }
}

/** Overload is no outage: the API is there, and says so. A deadline that it missed is as good as silence. */
function signOf (status: number, code: ErrorCode | undefined, isRetriable: boolean): Sign {
  if (code === 'ERR_DEADLINE_EXCEEDED') return 'silent'
  return isRetriable && status < 500 ? 'alive' : 'failed'
}

function codeOf (body: string): ErrorCode | undefined {
  const code = (parseJson(body) as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && Object.hasOwn(ERRORS, code) ? code as ErrorCode : undefined
}
