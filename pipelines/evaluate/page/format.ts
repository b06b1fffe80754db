/** 0.9238 as 92.4 %; nothing to count as a dash. */
export function percent (share: number | null): string {
  return share === null ? '–' : `${(100 * share).toFixed(1)}\u202f%`
}

export function decimal (value: number | null, digits = 3): string {
  return value === null ? '–' : value.toFixed(digits)
}

export function megabytes (bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

export function milliseconds (value: number): string {
  return `${value.toFixed(1)} ms`
}

/** `order_delivery` as "order delivery". */
export function readable (id: string): string {
  return id.replaceAll('_', ' ')
}
