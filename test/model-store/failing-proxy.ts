import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface Failure {
  /** How many are answered before. */
  readonly requests: number
  /** Whether the next one reaches the server. None after it does. */
  readonly lost: 'request' | 'answer'
}

/** Address of a proxy in front of a server that dies, as far as its client can see. */
export async function failingProxy (t: Test, target: string, { requests, lost }: Failure): Promise<string> {
  let left = requests
  const proxy = createServer((incoming, outgoing) => {
    const isAnswered = left-- > 0
    if (isAnswered || (left === -1 && lost === 'answer')) forward(target, incoming, outgoing, isAnswered)
    else incoming.socket.destroy()
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => { proxy.close(); proxy.closeAllConnections() })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}

function forward (target: string, incoming: IncomingMessage, outgoing: ServerResponse, isAnswered: boolean): void {
  const { hostname, port } = new URL(target)
  const { method, url, headers } = incoming
  const sent = request({ hostname, port, method, path: url, headers }, answer => {
    if (isAnswered) {
      outgoing.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(outgoing)
    } else {
      answer.resume().once('end', () => incoming.socket.destroy())
    }
  })
  sent.once('error', () => incoming.socket.destroy())
  incoming.pipe(sent)
}
