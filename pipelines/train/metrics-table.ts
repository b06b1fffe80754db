import type { Manifest } from '../../model-store/manifest.ts'

const ROWS = {
  accuracy: 'Accuracy, in scope',
  macroF1: 'Macro-F1, in scope',
  expectedCalibrationError: 'Expected calibration error',
  outOfScopeAuroc: 'Out of scope, AUROC',
  outOfScopeCaught: 'Out of scope sent to manual',
  inScopeLost: 'In scope sent to manual',
  answeredAccuracy: 'Accuracy of what is answered'
}

/** What was measured of a version, as a table in Markdown for its model card. */
export function metricsTable ({ metrics }: Pick<Manifest, 'metrics'>): string {
  const percent = (key: string) => metrics[key] === undefined ? '–' : `${(100 * metrics[key]).toFixed(1)} %`
  const rows = Object.entries(ROWS).map(([name, title]) => `| ${title} | ${percent(`validation.${name}`)} | ${percent(`test.${name}`)} |`)
  return ['| | validation | test |', '|---|---|---|', ...rows].join('\n')
}
