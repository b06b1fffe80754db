import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'

let stopped = false

/**
 * Stops the polling of kafkajs 2.2.4, whose request queues each wake up every millisecond for as long as they are
 * connected: `scheduleCheckPendingRequests` arms a timer even where nothing is pending, and that timer arms the next.
 * Requests that do wait are looked at as before; each new one arms the timer itself.
 * @throws when this kafkajs is not built as expected: the patch is to be looked at again
 */
export function stopIdlePolling (): void {
  if (stopped) return
  const { scheduleCheckPendingRequests } = RequestQueue.prototype
  if (typeof scheduleCheckPendingRequests !== 'function') {
    throw new Error('kafkajs has no RequestQueue#scheduleCheckPendingRequests; adapter/kafka/idle-polling.ts fits kafkajs 2.2.4 only')
  }
  RequestQueue.prototype.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) scheduleCheckPendingRequests.call(this)
  }
  stopped = true
}
