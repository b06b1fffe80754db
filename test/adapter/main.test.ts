import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'

/** A port at which nobody listens. */
async function closedPort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

t.test('ends with 0 when it is told to while it waits for Kafka', async t => {
  const main = fileURLToPath(new URL('../../adapter/main.js', import.meta.url))
  const child = spawn(process.execPath, [main], { env: { KAFKA_BROKERS: `127.0.0.1:${await closedPort()}`, HEALTH_PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const exit = once(child, 'exit')
  const lines: string[] = []
  for await (const line of createInterface(child.stdout)) {
    lines.push(line)
    if (line.includes('waiting for Kafka')) child.kill('SIGTERM')
  }
  t.strictSame(await exit, [0, null], lines.at(-1) ?? '')
})
