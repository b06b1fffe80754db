import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect, parseArgs } from 'node:util'
import t from 'tap'
import { type FinalResults, Parser, type Result } from 'tap-parser'

/**
 * Runs the compiled tests and ends with the line `N passed, N failed`, counted from tap's own output. Without arguments:
 * everything that needs nothing but Node. `--integration`: what needs servers or a browser. `--all`: both. Further
 * arguments pick the files whose path has them. Files that measure time, `*.serial.…`, run after the others and one at
 * a time.
 *
 * Each file is a process of plain Node. `tap run` would load compiler and coverage hooks into it, and into each worker
 * and each program it starts: tests of worker pools took ten times as long, and ran otherwise than production does.
 */
const JOBS = 2
const TIMEOUT_SECONDS = 120
const SERIAL_TIMEOUT_SECONDS = 1_800
const INTEGRATION = '.integration.test.js'
const SERIAL = '.serial.'
/** They last longest: what starts late must be short, or one core is idle at the end. */
const FIRST = ['model-store/mlflow', 'scripts/kafka-cluster', 'scripts/demo.integration', 'pipelines/whole-way']

const { values: { all, integration }, positionals: patterns } = parseArgs({
  options: { all: { type: 'boolean', default: false }, integration: { type: 'boolean', default: false } },
  allowPositionals: true
})
const files = (await readdir(fileURLToPath(new URL('../test', import.meta.url)), { recursive: true }))
  .filter(file => file.endsWith('.test.js'))
  .filter(file => all || file.endsWith(INTEGRATION) === integration)
  .filter(file => patterns.length === 0 || patterns.some(pattern => file.includes(pattern)))
  .sort()
if (files.length === 0) throw new Error('No test file matches')

// tap ends the files that run when this process exits.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(1))
const counts = { passed: 0, failed: 0 }
const parser = new Parser()
count(parser)
if (process.stdout.isTTY) parser.on('assert', ({ ok, name, time }) => console.log(`${ok ? 'ok' : 'NOT OK'} ${name} ${((time ?? 0) / 1e3).toFixed(1)} s`))
else t.pipe(process.stdout)
t.pipe(parser)
t.register()
t.setTimeout(0)
t.jobs = JOBS
t.plan(files.length)
const completed = once(parser, 'complete') as Promise<[FinalResults]>
for (const file of files.toSorted((a, b) => rank(a) - rank(b))) run(file)
const [{ ok }] = await completed
const broken = !ok || counts.passed === 0
console.log(`${counts.passed} passed, ${broken ? Math.max(1, counts.failed) : counts.failed} failed`)
process.exitCode = broken ? 1 : 0

/** Place in the order of starting; the order of the names counts among equals. */
function rank (file: string): number {
  if (file.includes(SERIAL)) return FIRST.length + 1
  const place = FIRST.findIndex(start => file.startsWith(start))
  return place === -1 ? FIRST.length : place
}

function run (file: string): void {
  const isSerial = file.includes(SERIAL)
  const seconds = isSerial ? SERIAL_TIMEOUT_SECONDS : TIMEOUT_SECONDS
  // tap puts its hooks into NODE_OPTIONS; `env` sets ours again.
  t.spawn('env', [`NODE_OPTIONS=${process.env.NODE_OPTIONS ?? ''}`, process.execPath, '--enable-source-maps', join('dist/test', file)], {
    name: file,
    buffered: !isSerial, // what is not runs alone
    timeout: seconds * 1e3,
    env: { ...process.env, TAP_TIMEOUT: String(seconds) }
  })
}

/** Counts assertions at any depth: a subtest's summary line is not counted beside its assertions. */
function count (parser: Parser): void {
  let children = 0
  parser.on('child', child => { children++; count(child) })
  parser.on('assert', (result: Result) => {
    if (children > 0) { children = 0; return } // the summary of the subtest before it
    if (result.ok) {
      if (!result.skip && !result.todo) counts.passed++
      return
    }
    counts.failed++
    if (process.stdout.isTTY) console.log(`NOT OK ${result.fullname}\n${inspect(result.diag, { depth: 5 })}`)
  })
}
