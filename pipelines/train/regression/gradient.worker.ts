import { parentPort, workerData } from 'node:worker_threads'
import { GradientPart } from './gradient-part.ts'
import type { PartData, PartRequest } from './gradient-threads.ts'

/** One thread of the gradient: does what it is told, in order, and says when it is done. */
const { problem, part, parts } = workerData as PartData
const port = parentPort!
const own = await GradientPart.open(problem, part, parts)

port.on('message', async (request: PartRequest) => {
  if (request === 'close') {
    await own.close()
    port.close()
    return
  }
  await own[request]()
  port.postMessage('done')
})
port.postMessage('done')
