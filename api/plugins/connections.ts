import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ServiceState } from '../service-state.ts'

const unanswered = new WeakMap<Socket, FastifyRequest>()

/** The request that a connection carries, until it is answered. */
export function unansweredRequest (socket: Socket): FastifyRequest | undefined {
  return unanswered.get(socket)
}

/**
 * Lets the service end as soon as its last request is answered. A kept-alive connection ends with its next reply; one
 * that carries no request is cut, also when it never carried any, which Node would take for busy and wait for.
 */
export function registerConnections (app: FastifyInstance, serviceState: ServiceState): void {
  const sockets = new Set<Socket>()
  app.server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  app.addHook('onRequest', async request => { unanswered.set(request.raw.socket, request) })
  app.addHook('onResponse', async request => { unanswered.delete(request.raw.socket) })
  app.addHook('onSend', async (_request, reply) => { if (serviceState.draining) reply.header('connection', 'close') })
  app.addHook('preClose', async () => {
    for (const socket of sockets) if (!unanswered.has(socket)) socket.destroySoon()
  })
}
