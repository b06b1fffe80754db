/** The value below which a share of the values lies. */
export function quantile (values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}

export function median (values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Median with the smallest and the largest value, as the tables show a figure of several rounds. */
export function withSpread (values: readonly number[], digits: number): string {
  const format = (value: number) => value.toFixed(digits)
  return `${format(median(values))} (${format(Math.min(...values))}–${format(Math.max(...values))})`
}
