import net from 'node:net'
import tls from 'node:tls'
import type { ISocketFactory } from 'kafkajs'

/** TCP's own sign of life, so that a connection that was cut without a word is noticed. */
const KEEP_ALIVE_MS = 10_000

/** As kafkajs's own, without the delay by which TCP gathers small writes: a decision is small and must not wait. */
export const openSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = ssl
    ? tls.connect({ host, port, ...(net.isIP(host) === 0 && { servername: host }), ...ssl }, onConnect)
    : net.connect({ host, port }, onConnect)
  return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS)
}
