import { readFileSync } from 'node:fs'

/**
 * Whether the processor sums products of 8-bit numbers exactly by itself (VNNI instructions of x86). False where that
 * cannot be known: only Linux says so.
 * @param path what Linux says of the processor
 */
export function hasVnni (path = '/proc/cpuinfo'): boolean {
  try {
    return /\b(avx512_vnni|avx_vnni)\b/.test(readFileSync(path, 'utf8'))
  } catch {
    return false
  }
}
