import { type TimeStep, coarsen } from './coarse-time.ts'

/** What someone may know of a person who wrote: what it was about, in what language, how and when. */
export interface QuasiIdentifiers {
  readonly label?: string | undefined
  readonly language?: string | undefined
  readonly channel?: string | undefined
  readonly time?: Date | undefined
  /** Who counts as one; several records of one person hide nobody. */
  readonly person: string
}

export interface Level {
  readonly name: 'day' | 'week' | 'month' | 'no_time' | 'no_channel'
  readonly time: TimeStep
  readonly channel: boolean
}

/** Each gives less away than the one before it. */
export const LEVELS: readonly Level[] = [
  { name: 'day', time: 'day', channel: true },
  { name: 'week', time: 'week', channel: true },
  { name: 'month', time: 'month', channel: true },
  { name: 'no_time', time: 'none', channel: true },
  { name: 'no_channel', time: 'none', channel: false }
]

/**
 * Finds for each record the finest level at which at least `k` persons share what is told of them (k-anonymity by
 * generalisation: Sweeney 2002, "Achieving k-anonymity privacy protection using generalization and suppression"). Whoever is
 * settled on a finer level does not count on a coarser one, so each group that is written out holds `k` persons by itself.
 * @returns undefined for records that are too rare on every level
 */
export function generalise (records: readonly QuasiIdentifiers[], k: number): Array<Level | undefined> {
  const levels = new Array<Level | undefined>(records.length).fill(undefined)
  for (const level of LEVELS) {
    const groups = new Map<string, number[]>()
    for (const [index, record] of records.entries()) {
      if (levels[index]) continue
      const key = groupKey(record, level)
      const group = groups.get(key)
      if (group) group.push(index)
      else groups.set(key, [index])
    }
    for (const group of groups.values()) {
      if (new Set(group.map(index => records[index]!.person)).size < k) continue
      for (const index of group) levels[index] = level
    }
  }
  return levels
}

function groupKey ({ label, language, channel, time }: QuasiIdentifiers, level: Level): string {
  return JSON.stringify([label, language, level.channel && channel, time && coarsen(time, level.time)].map(value => value ?? null))
}
