import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/**
 * Below the ports that the kernel gives to outgoing connections (from 32768 on Linux, 49152 elsewhere): while a broker
 * is down, a client that keeps trying to reach it must not be given the broker's own port.
 */
const LOWEST = 20_000
const HIGHEST = 32_000
const ATTEMPTS = 200

/** Different ports of 127.0.0.1 on which nothing listens. */
export async function findFreePorts (count: number): Promise<number[]> {
  const servers: Server[] = []
  for (let attempt = 0; servers.length < count; attempt++) {
    if (attempt === ATTEMPTS) throw new Error(`Not ${count} ports are free between ${LOWEST} and ${HIGHEST}`)
    const server = await tryListening(randomInt(LOWEST, HIGHEST))
    if (server !== undefined) servers.push(server)
  }
  const ports = servers.map(server => (server.address() as { port: number }).port)
  await Promise.all(servers.map(server => once(server.close(), 'close')))
  return ports
}

async function tryListening (port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return server
  } catch {
    return undefined
  }
}
