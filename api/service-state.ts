import { ServiceError } from './errors.ts'

/** Whether the service takes new work. */
export class ServiceState {
  #draining = false

  startDraining (): void { this.#draining = true }

  /** @throws {ServiceError} ERR_DRAINING */
  refuseWhileDraining (): void {
    if (this.#draining) throw new ServiceError('ERR_DRAINING', { retryAfterMs: 1_000 })
  }
}
