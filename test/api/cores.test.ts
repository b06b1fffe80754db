import { availableParallelism } from 'node:os'
import t from 'tap'
import { availableCores } from '../../api/cores.ts'

const V2 = '/sys/fs/cgroup/cpu.max'
const V1_QUOTA = '/sys/fs/cgroup/cpu/cpu.cfs_quota_us'
const V1_PERIOD = '/sys/fs/cgroup/cpu/cpu.cfs_period_us'

const coresWith = (files: Record<string, string>) => availableCores(path => files[path])

t.test('counts the cores that the control group grants', async t => {
  const machine = availableParallelism()
  const cases: ReadonlyArray<readonly [string, Record<string, string>, number]> = [
    ['no control group', {}, machine],
    ['version 2 without limit', { [V2]: 'max 100000\n' }, machine],
    ['version 2, one core', { [V2]: '100000 100000\n' }, 1],
    ['version 2, a quarter of a core', { [V2]: '25000 100000\n' }, 1],
    ['version 2, more than the machine has', { [V2]: '100000000 100000\n' }, machine],
    ['version 1 without limit', { [V1_QUOTA]: '-1\n', [V1_PERIOD]: '100000\n' }, machine],
    ['version 1, one core', { [V1_QUOTA]: '50000\n', [V1_PERIOD]: '50000\n' }, 1],
    ['version 1 without period', { [V1_QUOTA]: '50000\n' }, machine],
    ['version 2 before version 1', { [V2]: '50000 100000\n', [V1_QUOTA]: '10000000\n', [V1_PERIOD]: '100000\n' }, 1]
  ]
  for (const [what, files, expected] of cases) t.equal(coresWith(files), expected, what)
})

t.test('rounds part of a core up', { skip: availableParallelism() < 2 && 'this machine has one core only' }, async t => {
  t.equal(coresWith({ [V2]: '110000 100000\n' }), 2)
  t.equal(coresWith({ [V1_QUOTA]: '110000\n', [V1_PERIOD]: '100000\n' }), 2)
})

t.test('reads this machine', async t => {
  const cores = availableCores()
  t.ok(Number.isInteger(cores) && cores >= 1 && cores <= availableParallelism(), `${cores}`)
})
