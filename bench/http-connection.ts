import { once } from 'node:events'
import { type Socket, connect } from 'node:net'

const HEADER_END = Buffer.from('\r\n\r\n')

/**
 * A keep-alive HTTP/1.1 connection with one request at a time that does no more than a measurement needs: sends bytes
 * made beforehand, reads the status and skips the body. General clients cost a tenth of a classification, on the very
 * cores that are measured.
 */
export class HttpConnection {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #settle: { resolve: (status: number) => void, reject: (error: Error) => void } | undefined

  private constructor (socket: Socket) {
    this.#socket = socket
    socket.on('data', chunk => this.#read(chunk))
    const fail = () => this.#settle?.reject(new Error('The connection was closed'))
    socket.on('error', fail)
    socket.on('close', fail)
  }

  static async open (origin: string): Promise<HttpConnection> {
    const { hostname, port } = new URL(origin)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    await once(socket, 'connect')
    return new HttpConnection(socket)
  }

  /** Whether a request may still be answered: a server closes connections that were idle for long. */
  get isOpen (): boolean { return this.#socket.writable }

  /** @returns the status of the reply @throws when the connection is closed, or closes before the reply */
  async send (request: Buffer): Promise<number> {
    return await new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      if (this.isOpen) this.#socket.write(request)
      else reject(new Error('The connection was closed'))
    })
  }

  close (): void {
    this.#settle = undefined
    this.#socket.destroy()
  }

  #read (chunk: Buffer): void {
    this.#received = this.#received.length ? Buffer.concat([this.#received, chunk]) : chunk
    const headerEnd = this.#received.indexOf(HEADER_END)
    if (headerEnd < 0) return
    const head = this.#received.toString('latin1', 0, headerEnd)
    const length = Number(/\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
    if (this.#received.length < headerEnd + HEADER_END.length + length) return
    this.#received = Buffer.alloc(0)
    const settle = this.#settle
    this.#settle = undefined
    settle?.resolve(Number(head.slice(9, 12)))
  }
}

/** The bytes of a request. */
export function encodeRequest (method: string, path: string, body = '', headers: Record<string, string> = {}): Buffer {
  const lines = Object.entries({ host: '127.0.0.1', ...(body && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }), ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}
