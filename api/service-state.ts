import { ServiceError } from './errors.ts'

/** How far the service is on its way out. */
export class ServiceState {
  #draining = false
  #closing = false

  /** Whether load balancers should look elsewhere. */
  get draining (): boolean { return this.#draining }

  /** Not ready any more. Who has not noticed yet is still answered. */
  startDraining (): void { this.#draining = true }

  /** From now on only what was begun is answered. */
  startClosing (): void { this.#draining = this.#closing = true }

  /** @throws {ServiceError} ERR_DRAINING */
  refuseWhileDraining (): void {
    if (this.#draining) throw draining()
  }

  /** @throws {ServiceError} ERR_DRAINING */
  refuseWhileClosing (): void {
    if (this.#closing) throw draining()
  }
}

function draining (): ServiceError {
  return new ServiceError('ERR_DRAINING', { retryAfterMs: 1_000 })
}
