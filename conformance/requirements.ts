import type { Outcome, Verdict } from './verdict.ts'

/** What a scenario asks for beside what all ask for. */
export interface Requirements {
  /** How the inquiries of a part of the run must have been decided, so that an adapter that answers all alike fails. */
  readonly parts?: readonly Part[]
  /** Answers that must at least be in the topic for late ones. */
  readonly lateAnswers?: number
  /** The API must not have been asked. */
  readonly apiUntouched?: boolean
}

export interface Part {
  /** Shares of the run, by number of the inquiry. */
  readonly from: number
  readonly to: number
  readonly outcomes: readonly Outcome[]
  /** Share of them that must have one of these outcomes. */
  readonly atLeast: number
}

export interface Surroundings {
  readonly lateAnswers: number
  /** Undefined where it cannot be known. */
  readonly apiInquiries: number | undefined
}

/** Why a run did not pass; empty where it did. */
export function failuresOf (verdict: Verdict, requirements: Requirements, { lateAnswers, apiInquiries }: Surroundings): string[] {
  const { late, deadLetters } = verdict
  const { parts = [], lateAnswers: leastLateAnswers = 0, apiUntouched = false } = requirements
  const mustBeZero: Array<[name: string, count: number]> = [
    ['missing', verdict.missing],
    ['contradictory', verdict.contradictory],
    ['wrong', verdict.wrong],
    ['malformed', verdict.malformed],
    ['on unknown inquiries', verdict.unknown],
    ['late without excuse', late.unexcused],
    ['classified after the deadline', late.classified - late.onTheWire],
    ['dead letters missing', deadLetters.expected - deadLetters.found],
    ['dead letters altered', deadLetters.damaged],
    ['dead letters of good inquiries', deadLetters.unexpected],
    ['out of order within their key', verdict.brokenOrder]
  ]
  return [
    ...mustBeZero.filter(([, count]) => count !== 0).map(([name, count]) => `${count} ${name}`),
    ...parts.map(part => partFailure(verdict.outcomes, part)).filter(failure => failure !== undefined),
    ...(lateAnswers >= leastLateAnswers ? [] : [`${lateAnswers} late answers, expected ${leastLateAnswers} or more`]),
    ...(apiUntouched && apiInquiries !== 0 ? [`the API was asked ${apiInquiries} times`] : [])
  ]
}

function partFailure (outcomes: Verdict['outcomes'], { from, to, outcomes: wanted, atLeast }: Part): string | undefined {
  const part = outcomes.slice(Math.floor(from * outcomes.length), Math.floor(to * outcomes.length))
  if (part.length === 0) return undefined // a run too short to have it
  const share = part.filter(outcome => outcome !== undefined && wanted.includes(outcome)).length / part.length
  const percent = (value: number) => `${(value * 100).toFixed(1)} %`
  return share >= atLeast ? undefined : `from ${percent(from)} to ${percent(to)} of the run ${percent(share)} ended as ${wanted.join(' or ')}, expected ${percent(atLeast)}`
}
