import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { verifyDirectory } from '../../model-store/verify.ts'
import { importStep } from '../../pipelines/import/command.ts'
import { EXIT } from '../../pipelines/step.ts'
import { trainStep } from '../../pipelines/train/command.ts'
import { FINE_TUNING, programsOf } from '../../scripts/python-environment.ts'
import { serverFor } from '../server-for.ts'
import { writeSmallData } from './small-data.ts'

/** The Python project of pipelines/finetune, with a network of a few thousand weights. */
const run = promisify(execFile)
const PROJECT = 'pipelines/finetune'
const PYTHON_LIMIT_MS = 300_000
const RECIPE = {
  teacher: { epochs: 8, learning_rate: 5e-3, batch_size: 16 },
  student: { epochs: 6, learning_rate: 5e-3, batch_size: 16 },
  student_layers: [2, 4]
}

async function python (t: Test): Promise<string | undefined> {
  const found = await serverFor(t, 'the Python environment of pipelines/finetune', async () => ({ programs: await programsOf(FINE_TUNING), stop: async () => {} }))
  return found && join(found.programs, 'python')
}

t.setTimeout(1_200_000)

t.test('the Python project passes its own tests', async t => {
  const program = await python(t)
  if (program === undefined) return
  const { stderr } = await run(program, ['-m', 'unittest', '--verbose'], { cwd: PROJECT, timeout: PYTHON_LIMIT_MS, env: { ...process.env, OMP_NUM_THREADS: '1' } })
  const [, count] = /Ran (\d+) tests/.exec(stderr) ?? []
  t.ok(Number(count) >= 9, `${count} tests`)
  t.match(stderr, /\nOK\n/)
})

t.test('what it makes is imported, or gets another head', async t => {
  const program = await python(t)
  if (program === undefined) return
  const folder = t.testdir({ 'recipe.json': JSON.stringify(RECIPE) })
  const { data, taxonomy } = await writeSmallData(folder, { perSplit: 90 })
  const [base, network] = [join(folder, 'base'), join(folder, 'network')]
  const inProject = { cwd: PROJECT, timeout: PYTHON_LIMIT_MS, env: { ...process.env, OMP_NUM_THREADS: '1' } }
  await run(program, ['-c', 'import sys, pathlib; from test_finetune import write_base; write_base(pathlib.Path(sys.argv[1]))', base], inProject)
  await run(program, ['finetune.py', '--data', data, '--taxonomy', taxonomy, '--base', base, '--recipe', join(folder, 'recipe.json'), '--output', network, '--work', join(folder, 'work'), '--threads', '1'], inProject)

  const candidate = join(folder, 'imported')
  const args = ['--version', '1.0.0', '--data', data, '--taxonomy', taxonomy, '--candidate', candidate]
  const imported = await importStep.run([network, ...args, '--licence', 'MIT'], {}) as { logitsParity: { texts: number, meanDifference: number }, tokenizerParity: { reference: string } }
  t.equal(imported.logitsParity.texts, 64)
  t.ok(imported.logitsParity.meanDifference < 0.05, `a logit differs by ${imported.logitsParity.meanDifference} on average`)
  t.match(imported.tokenizerParity.reference, /Python/)
  t.match(await verifyDirectory(candidate), { output: { kind: 'logits', size: 3 }, training: { seed: 0, parameters: { fineTuning: { recipe: { student_layers: [2, 4] }, data: { name: 'small' } } } } })

  const trained = join(folder, 'trained')
  await trainStep.run(['--version', '1.0.0', '--data', data, '--taxonomy', taxonomy, '--candidate', trained, '--encoder', network], {})
  const manifest = await verifyDirectory(trained)
  t.match(manifest, { output: { kind: 'embedding', size: 32 }, input: { prefix: '' }, origin: /^random; fine-tuned on small 1\.0\.0/ })
  t.ok(manifest.files.some(({ path }) => path === 'training.json'), 'the version says how its encoder was made')

  const parityFile = join(network, 'logits_parity.json')
  const parity = JSON.parse(await readFile(parityFile, 'utf8')) as { texts: Array<{ logits: number[] }> }
  for (const { logits } of parity.texts) logits.reverse()
  await writeFile(parityFile, JSON.stringify(parity))
  await t.rejects(importStep.run([network, ...args], {}), { code: 'ERR_LOGITS_DIFFER', exitCode: EXIT.data }, 'another order of labels')
  await writeFile(parityFile, '{}')
  await t.rejects(importStep.run([network, ...args], {}), { code: 'ERR_PARITY_FILE', exitCode: EXIT.data })
})
