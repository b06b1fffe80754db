import { rm, writeFile } from 'node:fs/promises'
import t from 'tap'
import { createMlflowStore } from '../../model-store/backends/mlflow.ts'
import { listRegistered, locate, readModel, setModelTag } from '../../model-store/backends/mlflow/registry.ts'
import { MlflowClient } from '../../model-store/mlflow/client.ts'
import { MlflowServer } from '../../scripts/mlflow/server.ts'
import { serverFor } from '../server-for.ts'
import { conformance } from './conformance.ts'
import { failingProxy } from './failing-proxy.ts'

/** MLFLOW_TRACKING_URI names a server to test with in place of one of our own; models named `fake-…` stay on it. */
t.setTimeout(600_000)

t.test('a store in MLflow', async t => {
  const directory = t.testdir()
  const url = process.env.MLFLOW_TRACKING_URI ?? (await serverFor(t, 'MLflow', async () => await MlflowServer.start({ directory })))?.url
  if (url === undefined) return
  const login = { username: process.env.MLFLOW_TRACKING_USERNAME, password: process.env.MLFLOW_TRACKING_PASSWORD }
  const client = new MlflowClient({ url, ...login })

  await conformance(t, async t => {
    const cacheFolder = `${t.testdirName}-cache`
    const scratch = `${t.testdirName}-scratch`
    t.teardown(async () => { for (const path of [cacheFolder, scratch]) await rm(path, { recursive: true, force: true }) })
    const open = (address: string) => createMlflowStore({ server: { url: address, ...login }, experiment: 'conformance', cacheFolder })
    return {
      open: () => open(url),
      openThroughFailure: async failure => open(await failingProxy(t, url, failure)),
      async tamper (name, version, file, change) {
        const [registered] = (await listRegistered(client, name)).filter(candidate => candidate.version === version)
        const folder = await locate(client, name, registered!.number)
        const bytes = change(await client.artifacts.read(folder, file))
        if (!bytes) return await client.artifacts.remove(folder, file)
        await writeFile(scratch, bytes)
        await client.artifacts.upload(folder, file, scratch)
      },
      async ageLock (name) {
        if (await readModel(client, `${name}.lock`)) await setModelTag(client, `${name}.lock`, 'lock.since', new Date(Date.now() - 60_000).toISOString())
      }
    }
  })
})
