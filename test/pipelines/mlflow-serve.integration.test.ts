import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Tensor } from 'onnxruntime-node'
import t from 'tap'
import { feedsOf } from '../../api/inference/feeds.ts'
import { loadHead } from '../../api/inference/head.ts'
import { softmax } from '../../api/inference/scores.ts'
import { loadTokenizer } from '../../api/inference/tokenizer.ts'
import { hasVnni } from '../../api/inference/vnni.ts'
import { describeForMlflow } from '../../model-store/backends/mlflow/mlmodel.ts'
import { readCandidate } from '../../pipelines/candidate.ts'
import { fuseStep } from '../../pipelines/fuse/command.ts'
import { ngramFeeds } from '../../pipelines/fuse/compare-with-service.ts'
import { scoreTexts } from '../../pipelines/score/score-texts.ts'
import { findFreePorts } from '../../scripts/kafka/ports.ts'
import { mlflowEnvironment } from '../../scripts/mlflow/server.ts'
import { serverPrograms } from '../../scripts/servers/environment.ts'
import { ServerProcess } from '../../scripts/servers/server-process.ts'
import { fetchRealModel } from '../api/inference/real-model.ts'
import { serverFor } from '../server-for.ts'

const TEXTS = ['Meine Bohrmaschine lädt nicht mehr, welchen Akku brauche ich?', 'Where is my order? It was due last week.', 'Wie ist das Wetter morgen?']

t.setTimeout(900_000)
t.test('MLflow serves a fused version with the service\'s probabilities', async t => {
  const { directory } = await fetchRealModel()
  const folder = `${t.testdirName}-model`
  await cp(directory, folder, { recursive: true })
  t.teardown(async () => { await rm(folder, { recursive: true, force: true }) })
  await fuseStep.run(['--candidate', folder, '--add', '--texts', '20'], {})
  const manifest = await readCandidate(folder)
  for (const [name, content] of await describeForMlflow(folder, manifest, `m-${'0'.repeat(32)}`)) await writeFile(join(folder, name), content)

  const [port] = await findFreePorts(1)
  const url = `http://127.0.0.1:${port}`
  const server = await serverFor(t, '`mlflow models serve`', async () => {
    const programs = await serverPrograms()
    await mkdir(`${folder}/log`)
    return await ServerProcess.start({
      name: 'models-serve',
      program: join(programs, 'mlflow'),
      args: ['models', 'serve', '-m', folder, '-h', '127.0.0.1', '-p', String(port), '--env-manager', 'local', '-w', '1'],
      environment: mlflowEnvironment(programs),
      directory: `${folder}/log`,
      isReady: async () => (await fetch(`${url}/ping`)).ok
    })
  })
  if (!server) return

  const { encode } = await loadTokenizer({ directory: folder, ...manifest.input })
  const { ngrams } = await loadHead(folder, manifest.classes, manifest.output.size)
  const served = await scoreTexts(folder, manifest, TEXTS, { cacheDirectory: '.cache/embeddings' })
  for (const [index, text] of TEXTS.entries()) {
    const inputs = { ...feedsOf(encode(text).ids, ['attention_mask']), ...ngramFeeds(text, ngrams!) }
    const reply = await fetch(`${url}/invocations`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ inputs: asLists(inputs) }) })
    t.equal(reply.status, 200)
    const [probabilities] = (await reply.json() as { predictions: { probabilities: number[][] } }).predictions.probabilities
    const expected = softmax(served[index]!, manifest.calibration.temperature)
    t.equal(probabilities!.indexOf(Math.max(...probabilities!)), expected.indexOf(Math.max(...expected)))
    const difference = Math.max(...expected.map((value, position) => Math.abs(value - probabilities![position]!)))
    // Another version of the engine, with other settings, computes the embedding: int8 rounds otherwise.
    t.ok(difference < (hasVnni() ? 0.005 : 0.1), `largest difference ${difference}`)
  }
})

/** A batch of one, as JSON has it. */
function asLists (tensors: Readonly<Record<string, Tensor>>): Record<string, number[][]> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, [Array.from(data as Iterable<number | bigint>, Number)]]))
}
