import { SPLITS } from '../data-set.ts'
import type { Limits } from '../limits.ts'
import { type Check, type CheckedRow, check, groupBy, nameOf, percent } from './check.ts'

/** Differences within so many standard errors are chance. */
const STANDARD_ERRORS = 3

/** `ids`: none twice. */
export function checkIds (rows: readonly CheckedRow[]): Check {
  const repeated = [...groupBy(rows, ({ id }) => id).values()].filter(group => group.length > 1)
  return check('ids', 'every id once', `${repeated.length} ids on several rows`, repeated.map(group => group.map(nameOf).join(' and ')))
}

/** `rejects`: most rows could be used. */
export function checkRejects (rejected: readonly string[], total: number, { maxRejected }: Limits): Check {
  const share = rejected.length / Math.max(1, total)
  return check('rejects', `at most ${percent(maxRejected)} of the rows left out, duplicates aside`, `${rejected.length} of ${total} rows (${percent(share)})`, rejected, share <= maxRejected)
}

/** `language`: known ones, mixed alike in every split. */
export function checkLanguages (rows: readonly CheckedRow[], limits: Limits): Check {
  const foreign = rows.filter(({ language }) => !limits.languages.includes(language))
  const share = foreign.length / Math.max(1, rows.length)
  const uneven = limits.languages.flatMap(language => {
    const overall = shareOf(rows, language)
    return SPLITS.flatMap(split => {
      const own = rows.filter(row => row.split === split)
      if (own.length === 0) return []
      const allowed = limits.maxLanguageDifference + STANDARD_ERRORS * Math.sqrt(overall * (1 - overall) / own.length)
      const difference = Math.abs(shareOf(own, language) - overall)
      return difference > allowed ? [`${split}: ${percent(shareOf(own, language))} ${language}, ${percent(overall)} in all splits together`] : []
    })
  })
  const tooMany = share > limits.maxOtherLanguages
  return check('language', `at most ${percent(limits.maxOtherLanguages)} in other languages than ${limits.languages.join(', ')}, and the mix of each split within ${percent(limits.maxLanguageDifference)} of all`,
    `${percent(share)} in other languages, ${uneven.length} uneven splits`, [...(tooMany ? foreign.map(nameOf) : []), ...uneven], !tooMany && uneven.length === 0)
}

function shareOf (rows: readonly CheckedRow[], language: string): number {
  return rows.filter(row => row.language === language).length / Math.max(1, rows.length)
}

/** `length`: no text is longer than the service takes, few say next to nothing. */
export function checkLengths (rows: readonly CheckedRow[], { maxLength, minWords, maxShort }: Limits): Check {
  const long = rows.filter(({ length }) => length > maxLength)
  const short = rows.filter(({ words }) => words < minWords)
  const tooMany = short.length / Math.max(1, rows.length) > maxShort
  return check('length', `no text above ${maxLength} characters, at most ${percent(maxShort)} with fewer than ${minWords} words`,
    `${long.length} too long, ${short.length} short`, [...long, ...(tooMany ? short : [])].map(nameOf), long.length === 0 && !tooMany)
}
