import { join } from 'node:path'
import t from 'tap'
import { hasVnni } from '../../../api/inference/vnni.ts'

t.test('VNNI is told from the flags of the processor', async t => {
  const folder = t.testdir({
    avx512: 'processor\t: 0\nflags\t\t: fpu avx512f avx512_vnni avx512_bf16\n',
    avx: 'processor\t: 0\nflags\t\t: fpu avx2 avx_vnni\n',
    without: 'processor\t: 0\nmodel name\t: avx512_vnnix\nflags\t\t: fpu avx2 avx512f\n'
  })
  t.equal(hasVnni(join(folder, 'avx512')), true)
  t.equal(hasVnni(join(folder, 'avx')), true)
  t.equal(hasVnni(join(folder, 'without')), false)
  t.equal(hasVnni(join(folder, 'another system')), false, 'where nobody says, it is not relied on')
})
