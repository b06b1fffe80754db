import { join, resolve } from 'node:path'
import { findFreePorts } from '../kafka/ports.ts'
import { serverPrograms } from '../servers/environment.ts'
import { ServerProcess } from '../servers/server-process.ts'

export interface S3ServerOptions {
  /** Folder for its log; it keeps objects in memory. */
  readonly directory: string
}

/** moto's S3 server on a free port of this machine: it checks the conditions of conditional writes, and no credentials. */
export class S3Server {
  readonly url: string
  readonly #process: ServerProcess

  private constructor (url: string, server: ServerProcess) {
    this.url = url
    this.#process = server
  }

  static async start ({ directory }: S3ServerOptions): Promise<S3Server> {
    const [port] = await findFreePorts(1)
    const url = `http://127.0.0.1:${port}`
    const server = await ServerProcess.start({
      name: 'moto',
      program: join(await serverPrograms(), 'python'),
      args: [resolve('scripts/s3/serve_moto.py'), String(port)],
      environment: {},
      directory,
      isReady: async () => (await fetch(url)).ok
    })
    return new S3Server(url, server)
  }

  async stop (): Promise<void> {
    await this.#process.stop()
  }
}
