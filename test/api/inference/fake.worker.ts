import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { WorkerData, WorkerReply, WorkerRequest } from '../../../api/inference/worker-protocol.ts'
import { BEHAVIOUR, type Behaviour } from './fake-behaviour.ts'

/**
 * A worker without a model: the first id says what it does, the second is that behaviour's argument. It claims to
 * compute one millisecond a token. `modelPath` is a file to which it appends the ids of each run that it begins.
 */
const { modelPath: log, outputName, warmupTokens, flags } = workerData as WorkerData
const port = parentPort!

if (existsSync(`${log}.no-start`)) throw new Error('The fake model cannot be loaded')

port.on('message', (request: WorkerRequest) => {
  if (request.type === 'close') port.close()
  else if (Atomics.load(flags, request.slot) !== 0) reply({ type: 'skipped' })
  else run(request.ids)
})
if (outputName !== 'never ready') reply({ type: 'ready', samples: warmupTokens.map(tokens => ({ tokens, ms: tokens })) })

function run (ids: Int32Array): void {
  const [behaviour, argument = 0] = ids
  const line = ids.join()
  const firstTime = !existsSync(log) || !readFileSync(log, 'utf8').split('\n').includes(line)
  appendFileSync(log, `${line}\n`)
  switch (behaviour as Behaviour) {
    case BEHAVIOUR.echo: break
    case BEHAVIOUR.gate: while (!existsSync(`${log}.gate-${argument}`)) sleep(1); break
    case BEHAVIOUR.fail: reply({ type: 'failed', message: `failed on ${argument}` }); return
    case BEHAVIOUR.throw: throw new Error(`thrown on ${argument}`)
    case BEHAVIOUR.exitOnce: if (firstTime) process.exit(1); break
    case BEHAVIOUR.loop: for (;;);
    case BEHAVIOUR.claim: reply({ type: 'result', output: Float32Array.from(ids), modelMs: argument }); return
  }
  reply({ type: 'result', output: Float32Array.from(ids), modelMs: ids.length })
}

function sleep (ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

function reply (message: WorkerReply): void {
  port.postMessage(message)
}
