import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, mkdirSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FinalResults, Parser } from 'tap-parser'

/**
 * Runs the compiled tests with tap and ends with the line `N passed, N failed`, counted from tap's own output.
 * Without arguments: everything that needs nothing but Node. `--integration`: what needs servers or a browser.
 * `--all`: both. Further arguments pick the files whose path has them.
 */
const OUTPUT = '.tap/results.tap'
const INTEGRATION = '.integration.test.js'

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
const tap = spawn('node_modules/.bin/tap', ['run', `--reporter=${process.stdout.isTTY ? 'terse' : 'tap'}`, `--output-file=${OUTPUT}`, ...files], { stdio: 'inherit' })
const [code] = await once(tap, 'exit')
const { passed, failed } = await countAssertions()
const broken = code !== 0 || passed === 0
console.log(`${passed} passed, ${broken ? Math.max(1, failed) : failed} failed`)
process.exitCode = broken ? 1 : 0

/** Counts assertions at any depth: a subtest's summary line is not counted beside its assertions. */
async function countAssertions (): Promise<{ passed: number, failed: number }> {
  const counts = { passed: 0, failed: 0 }
  const parser = new Parser()
  count(parser, counts)
  createReadStream(OUTPUT).pipe(parser)
  await new Promise<FinalResults>(resolve => parser.on('complete', resolve))
  return counts
}

function count (parser: Parser, counts: { passed: number, failed: number }): void {
  let children = 0
  parser.on('child', child => { children++; count(child, counts) })
  parser.on('assert', ({ ok, todo, skip }) => {
    if (children > 0) { children = 0; return } // the summary of the subtest before it
    if (ok) { if (!skip && !todo) counts.passed++ } else counts.failed++
  })
}
