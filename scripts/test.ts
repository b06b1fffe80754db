import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, existsSync, mkdirSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FinalResults, Parser } from 'tap-parser'

/**
 * Runs the compiled tests with tap and ends with the line `N passed, N failed`, counted from tap's own output.
 * Without arguments: everything that needs nothing but Node. `--integration`: what needs servers or a browser.
 * `--all`: both. Further arguments pick the files whose path has them. Files that measure time, `*.serial.…`, run
 * after the others and one at a time.
 */
/** Its own for each run: several may go on at a time. */
const OUTPUT = `.tap/results-${process.pid}.tap`
const INTEGRATION = '.integration.test.js'
const SERIAL = '.serial.'
const SERIAL_TIMEOUT_SECONDS = 1_800

const flags = process.argv.slice(2).filter(argument => argument.startsWith('--'))
const patterns = process.argv.slice(2).filter(argument => !argument.startsWith('--'))
const files = (await readdir(fileURLToPath(new URL('../test', import.meta.url)), { recursive: true }))
  .filter(file => file.endsWith('.test.js'))
  .filter(file => flags.includes('--all') || file.endsWith(INTEGRATION) === flags.includes('--integration'))
  .filter(file => patterns.length === 0 || patterns.some(pattern => file.includes(pattern)))
  .map(file => join('dist/test', file))
  .sort()
if (files.length === 0) throw new Error('No test file matches')

mkdirSync('.tap', { recursive: true })
const counts = { passed: 0, failed: 0 }
const codes = [
  await runTap(files.filter(file => !file.includes(SERIAL))),
  await runTap(files.filter(file => file.includes(SERIAL)), ['--jobs=1', `--timeout=${SERIAL_TIMEOUT_SECONDS}`])
]
const broken = codes.some(code => code !== 0) || counts.passed === 0
console.log(`${counts.passed} passed, ${broken ? Math.max(1, counts.failed) : counts.failed} failed`)
process.exitCode = broken ? 1 : 0

/** @returns tap's exit code; 0 when there is nothing to run */
async function runTap (files: string[], options: string[] = []): Promise<number> {
  if (files.length === 0) return 0
  const tap = spawn('node_modules/.bin/tap', ['run', `--reporter=${process.stdout.isTTY ? 'terse' : 'tap'}`, `--output-file=${OUTPUT}`, ...options, ...files], { stdio: 'inherit' })
  const [code] = await once(tap, 'exit')
  await countAssertions()
  return code ?? 1
}

/** Counts assertions at any depth: a subtest's summary line is not counted beside its assertions. */
async function countAssertions (): Promise<void> {
  if (!existsSync(OUTPUT)) return
  const parser = new Parser()
  count(parser, counts)
  createReadStream(OUTPUT).pipe(parser)
  await new Promise<FinalResults>(resolve => parser.on('complete', resolve))
  rmSync(OUTPUT)
}

function count (parser: Parser, counts: { passed: number, failed: number }): void {
  let children = 0
  parser.on('child', child => { children++; count(child, counts) })
  parser.on('assert', ({ ok, todo, skip }) => {
    if (children > 0) { children = 0; return } // the summary of the subtest before it
    if (ok) { if (!skip && !todo) counts.passed++ } else counts.failed++
  })
}
