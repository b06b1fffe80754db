/** How exactly a time is told, from fine to coarse. */
export const TIME_STEPS = ['day', 'week', 'month', 'none'] as const
export type TimeStep = typeof TIME_STEPS[number]

const DAY_MS = 86_400_000

/**
 * Coarsens a time in UTC: 2026-11-25, 2026-W48 (ISO 8601), 2026-11.
 * @returns undefined for `none`
 */
export function coarsen (time: Date, step: TimeStep): string | undefined {
  const day = time.toISOString().slice(0, 10)
  if (step === 'day') return day
  if (step === 'week') return isoWeek(time)
  return step === 'month' ? day.slice(0, 7) : undefined
}

/** A week belongs to the year of its Thursday. */
function isoWeek (time: Date): string {
  const midnight = Math.floor(time.getTime() / DAY_MS) * DAY_MS
  const thursday = new Date(midnight + (4 - (time.getUTCDay() || 7)) * DAY_MS)
  const firstOfYear = Date.UTC(thursday.getUTCFullYear(), 0, 1)
  const week = Math.floor((thursday.getTime() - firstOfYear) / (7 * DAY_MS)) + 1
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`
}
