import { randomBytes } from 'node:crypto'
import type { Categories } from '../../openapi/index.ts'
import { App } from './app.ts'
import { formatDecision, formatTotals } from './format.ts'
import { introduction } from './introduction.ts'
import { type DemoOptions, HELP, readOptions } from './options.ts'
import { readSamples } from './samples.ts'
import { Screen } from './screen.ts'
import { Stack } from './stack.ts'
import { Tally } from './tally.ts'

/** The whole system on one machine, with decisions in the terminal: `npm run demo`. */
const CONNECT_LIMIT_MS = 30_000
/** npm passes a Ctrl-C on to a process that the terminal has told already: one within this time is the same one. */
const SAME_SIGNAL_MS = 1_000

const stopping = new AbortController()
const screen = new Screen({ output: process.stdout, environment: process.env })
let stack: Stack | undefined
let askedAt: number | undefined

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
process.stdout.on('error', () => stopping.abort()) // the terminal or the pipe is gone
process.once('exit', () => stack?.kill())

try {
  const options = readOptions(process.argv.slice(2))
  if (options.help) screen.print(HELP)
  else await demonstrate(options)
} catch (error) {
  if (!stopping.signal.aborted) {
    screen.close()
    screen.print(screen.paint('red', (error as Error).message))
    process.exitCode = 1
  }
} finally {
  await stack?.close()
}
process.exit()

async function demonstrate ({ rate, count }: DemoOptions): Promise<void> {
  const run = randomBytes(3).toString('hex')
  const { signal } = stopping
  const tell = (line: string) => screen.print(screen.paint('bold', line))
  stack = await Stack.create({ environment: process.env, run, signal, step, tell })
  await stack.start()
  const names = await categoryNames(stack.apiUrl)

  const tally = new Tally(performance.now())
  const app = new App({
    config: stack.config,
    samples: await readSamples(run),
    run,
    tell,
    onSent: () => tally.sent(),
    onDecision: (decision, { shown }, milliseconds) => {
      tally.decided(decision, { at: performance.now(), milliseconds })
      screen.print(formatDecision({ decision, at: new Date(), milliseconds, names, text: shown }, screen))
    }
  })
  try {
    await step('App', async () => {
      await app.connect(CONNECT_LIMIT_MS)
      return `sends ${rate} inquiries a second by adapter/client/`
    })
    screen.print(introduction(stack))
    screen.showSummary(() => formatTotals(tally.totals(performance.now())))
    await app.run({ rate, count, signal })
  } finally {
    screen.close()
    await app.stop()
  }
}

async function step (name: string, work: () => Promise<string>): Promise<void> {
  const startedAt = performance.now()
  screen.begin(`${name} … `)
  const how = await work()
  screen.end(`${how}  (${((performance.now() - startedAt) / 1e3).toFixed(1)} s)`)
}

async function categoryNames (apiUrl: string): Promise<Map<string, string>> {
  const reply = await fetch(`${apiUrl}/categories`, { signal: stopping.signal })
  const { categories } = await reply.json() as Categories
  return new Map(categories.map(({ id, names }) => [id, names.en ?? id]))
}

function stop (): void {
  if (askedAt === undefined) {
    askedAt = performance.now()
    screen.print('Stopping; Ctrl-C once more to force it')
    stopping.abort()
  } else if (performance.now() - askedAt > SAME_SIGNAL_MS) {
    process.exit(130)
  }
}
