import type { Promotion } from '../../model-store/store.ts'

/** The promotion log for people, oldest first. */
export function historyTable (promotions: readonly Promotion[]): string {
  const rows = [
    ['at', 'alias', 'from', 'to', 'by', 'gate report', 'reason'],
    ...promotions.map(({ at, alias, from, to, by, gateReport, reason }) =>
      [at, alias, from ?? '-', to, by, gateReport?.slice(0, 12) ?? '-', reason ?? ''])
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n')
}
