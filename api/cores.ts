import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/**
 * Cores that this process may use: the scheduler's mask, and the quota of its control group (v2, then v1), which
 * Node does not look at.
 */
export function availableCores (read: (path: string) => string | undefined = readIfThere): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(quotaV2(read) ?? quotaV1(read) ?? Infinity)))
}

function quotaV2 (read: (path: string) => string | undefined): number | undefined {
  const [quota, period] = read('/sys/fs/cgroup/cpu.max')?.trim().split(' ') ?? []
  return quota && period && quota !== 'max' ? Number(quota) / Number(period) : undefined
}

function quotaV1 (read: (path: string) => string | undefined): number | undefined {
  const quota = Number(read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us') ?? -1)
  const period = Number(read('/sys/fs/cgroup/cpu/cpu.cfs_period_us') ?? 0)
  return quota > 0 && period > 0 ? quota / period : undefined
}

function readIfThere (path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
