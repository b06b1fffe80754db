import type { Socket } from 'node:net'
import type { ISocketFactory } from 'kafkajs'

/** A Kafka request begins with its length (4 bytes) and the number of the API it calls; 0 is Produce. */
const API_KEY_AT = 4
const PRODUCE = 0

/**
 * Opens sockets that let produce requests through only while `mayProduce`; at any other time the connection ends.
 *
 * The writers ask before each request, but kafkajs then awaits metadata and connections, and a process that is stopped
 * in between would, when it goes on, write a decision that its successor has already made otherwise. Here nothing
 * comes between the question and the write. `onProduce` is told of each request that goes out: while there is none,
 * nothing can have been written, whatever kafkajs throws.
 */
export function fencedSockets (open: ISocketFactory, mayProduce: () => boolean, onProduce = () => {}): ISocketFactory {
  return watchedSockets(open, (apiKey, { socket }) => {
    if (apiKey !== PRODUCE) return true
    if (!mayProduce()) {
      socket.destroy(new Error('the partitions may belong to another member by now'))
      return false
    }
    onProduce()
    return true
  })
}

/** Opens sockets that ask before each request goes out. @param onRequest says whether it may */
export function watchedSockets (open: ISocketFactory, onRequest: (apiKey: number, what: { readonly socket: Socket, readonly request: Buffer }) => boolean): ISocketFactory {
  return options => {
    const socket = open(options)
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
    socket.write = (...args: unknown[]) => {
      const [chunk] = args
      const isRequest = Buffer.isBuffer(chunk) && chunk.length > API_KEY_AT + 1
      return !isRequest || onRequest(chunk.readInt16BE(API_KEY_AT), { socket, request: chunk }) ? write(...args) : false
    }
    return socket
  }
}
