import { join } from 'node:path'
import { findFreePorts } from '../kafka/ports.ts'
import { serverPrograms } from '../servers/environment.ts'
import { ServerProcess } from '../servers/server-process.ts'

export interface MlflowServerOptions {
  /** Folder for its database, its artefacts and its log. */
  readonly directory: string
}

/** A real MLflow server with tracking, registry and artefacts, on a free port of this machine. */
export class MlflowServer {
  readonly url: string
  readonly #port: number
  readonly #programs: string
  readonly #directory: string
  #process: ServerProcess | undefined

  private constructor (port: number, programs: string, directory: string) {
    this.url = `http://127.0.0.1:${port}`
    this.#port = port
    this.#programs = programs
    this.#directory = directory
  }

  static async start ({ directory }: MlflowServerOptions): Promise<MlflowServer> {
    const [port] = await findFreePorts(1)
    const server = new MlflowServer(port!, await serverPrograms(), directory)
    await server.start()
    return server
  }

  /** Starts it again on its data and its port. */
  async start (): Promise<void> {
    this.#process = await ServerProcess.start({
      name: 'mlflow',
      program: join(this.#programs, 'mlflow'),
      args: ['server', '--host', '127.0.0.1', '--port', String(this.#port), '--workers', '1', '--backend-store-uri', 'sqlite:///mlflow.db', '--serve-artifacts', '--artifacts-destination', './artifacts'],
      environment: mlflowEnvironment(this.#programs),
      directory: this.#directory,
      isReady: async () => (await fetch(`${this.url}/api/2.0/mlflow/registered-models/search`)).ok
    })
  }

  /** Ends it at once, as a crash would. */
  async kill (): Promise<void> {
    await this.#process?.kill()
  }

  async stop (): Promise<void> {
    await this.#process?.stop()
  }
}

/** With its jobs on, MLflow starts eight more processes; and it would report to its makers. */
export function mlflowEnvironment (programs: string): Record<string, string> {
  return { PATH: `${programs}:${process.env.PATH}`, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false', MLFLOW_DISABLE_TELEMETRY: 'true', ORT_DISABLE_TELEMETRY: '1' }
}
