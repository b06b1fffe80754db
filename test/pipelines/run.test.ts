import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { runStep } from '../../pipelines/run/command.ts'
import { writeTinyEncoder } from './tiny-model.ts'
import { WORKSHOP_TAXONOMY, workshopInquiries } from './workshop.ts'

const folder = t.testdir({
  'mine.jsonl': workshopInquiries().map(row => JSON.stringify(row) + '\n').join(''),
  'taxonomy.json': JSON.stringify(WORKSHOP_TAXONOMY),
  'limits.json': '{"maxNearDuplicates":1,"minPerLabel":5}',
  'typo.json': '{"reason":"a limit that is none","floors":{"macroF":0.6}}'
})
const at = (name: string) => join(folder, name)
const name = `run-${process.pid}`
await writeTinyEncoder(at('encoder'))

const run = async (...more: string[]) => await runStep.run(['--input', at('mine.jsonl'), '--name', name, '--data-name', 'workshop', '--data-root', at('data'), '--taxonomy', at('taxonomy.json'), '--limits', at('limits.json'),
  '--store', `file:${at('models')}`, ...more], {})

t.test('what cannot work is told before anything is trained', async t => {
  t.teardown(async () => await writeTinyEncoder(at('encoder')))
  await t.rejects(run('--encoder', at('encoder'), '--floors', at('typo.json'), '--force'), { code: 'ERR_USAGE', exitCode: 2, message: /typo\.json.*macroF/ })
  await t.rejects(run(), { code: 'ERR_USAGE', exitCode: 2, message: /No version of run-\d+ is in production.*--encoder/ })
  await rm(at('encoder/model.onnx'))
  await t.rejects(run('--encoder', at('encoder')), { code: 'ERR_USAGE', message: /encoder has no model\.onnx/ })
  await writeFile(at('taxonomy.json'), '{"name": "cut off"')
  await t.rejects(run('--encoder', at('encoder')), { code: 'ERR_TAXONOMY', exitCode: 4, message: /taxonomy\.json is no JSON/ })
  await rm(at('taxonomy.json'))
  await t.rejects(run('--encoder', at('encoder')), { code: 'ERR_TAXONOMY', exitCode: 4, message: /taxonomy\.json cannot be read/ })
})
