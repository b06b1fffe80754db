import type { Test } from 'tap'

interface Stoppable { stop(): Promise<void> }

/**
 * Starts a server for a test, which stops it. Where it cannot be started, for want of Python or of a package index: says so
 * loudly, and in CI fails.
 */
export async function serverFor<Server extends Stoppable> (t: Test, what: string, start: () => Promise<Server>): Promise<Server | undefined> {
  try {
    const server = await start()
    t.teardown(async () => await server.stop())
    return server
  } catch (error) {
    const reason = `NOT RUN: ${what} could not be started or installed: ${error instanceof Error ? error.message : error}`
    console.error(`\n!!! ${reason}\n`)
    if (process.env.CI === 'true') t.fail(reason)
    else t.pass(reason, { skip: reason })
    return undefined
  }
}
