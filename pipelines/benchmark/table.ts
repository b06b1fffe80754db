import type { HeadParameters } from '../train/train-head.ts'
import type { Measurement } from './measure.ts'

const COLUMNS = ['set', 'head', 'chosen', 'accuracy, cross-validated', 'accuracy', 'macro-F1', 'ECE', 'OOS AUROC', 'training, s', 'p50 / p95, ms']

/** Percentages where a share is meant; ECE and AUROC from 0 to 1. */
export function toMarkdown (measurements: readonly Measurement[]): string {
  const lines = measurements.map(({ set, head, search, accuracy, macroF1, calibrationError, rejection, trainingSeconds, latency }) => [
    set,
    head,
    describe(search.best.parameters),
    percent(search.best.accuracy) + (search.complete ? '' : ', budget exhausted'),
    percent(accuracy),
    percent(macroF1),
    calibrationError.toFixed(4),
    rejection ? `${rejection.auroc.toFixed(4)} (${rejection.score})` : '',
    trainingSeconds.toFixed(1),
    `${latency.p50Ms.toFixed(1)} / ${latency.p95Ms.toFixed(1)}`
  ])
  return [COLUMNS, COLUMNS.map(() => '---'), ...lines].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

function describe ({ c, ngrams, embedding = true }: HeadParameters): string {
  const lengths = ngrams && `${ngrams.minLength}–${ngrams.maxLength}${ngrams.words ? ` and ${ngrams.words} words` : ''}`
  if (!ngrams) return `C ${c}`
  if (!embedding) return `${lengths}, C ${c}`
  if (ngrams.apart) return `C ${c}; ${lengths} apart, C ${ngrams.apart.c}, share ${ngrams.apart.share}`
  return `C ${c}; ${lengths} together, scale ${ngrams.scale}`
}

function percent (share: number): string {
  return (100 * share).toFixed(2)
}
