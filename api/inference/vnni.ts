import { readFileSync } from 'node:fs'

/**
 * Whether the processor sums products of 8-bit numbers exactly by itself (VNNI instructions of x86). False where that
 * cannot be known: only Linux says so.
 */
export function hasVnni (): boolean {
  try {
    return /\b(avx512_vnni|avx_vnni)\b/.test(readFileSync('/proc/cpuinfo', 'utf8'))
  } catch {
    return false
  }
}
