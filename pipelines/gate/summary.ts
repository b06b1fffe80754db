import type { GateReport } from './gate-report.ts'

/** The report for people: a table, the reasons, the verdict. */
export function summarize (report: GateReport): string {
  const { candidate, against, dataset, floors, comparison, limits: { comparison: { margin } } } = report
  const rows = floors.map(({ name, bound, limit, value, of, passed }) =>
    [name, value === null ? '-' : figure(value), limit === null ? 'not checked' : `${bound === 'least' ? '≥' : '≤'} ${figure(limit)}`, passed ? 'ok' : 'FAILED', of ?? ''])
  if (comparison) {
    const { macroF1, byClass, mcnemar } = comparison
    const regressed = Object.entries(byClass).filter(([, { passed }]) => !passed).map(([id]) => id)
    rows.push(
      ['macroF1 − production', `${figure(macroF1.difference)} [${figure(macroF1.low)}, ${figure(macroF1.high)}]`, `low ≥ ${figure(0 - margin)}`, macroF1.passed ? 'ok' : 'FAILED', `p ${figure(macroF1.p)}`],
      ['classes that regressed', String(regressed.length), '≤ 0', regressed.length ? 'FAILED' : 'ok', regressed.join(', ')],
      ['only one is right', `${mcnemar.onlyCandidateRight} : ${mcnemar.onlyProductionRight}`, '', '', `candidate : production, McNemar p ${figure(mcnemar.p)}`])
  }
  return [
    `${candidate.name} ${candidate.version} against ${against.version ?? 'nothing'} (${against.alias}) on ${dataset.name} ${dataset.version}, ${dataset.split}`,
    ...table([['', 'value', 'limit', '', ''], ...rows]),
    ...report.notes.map(note => `note: ${note}`),
    ...report.reasons.map(reason => `failed: ${reason}`),
    `verdict: ${report.verdict}`
  ].join('\n') + '\n'
}

function table (rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row => '  ' + row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd())
}

function figure (value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toFixed(4)))
}
