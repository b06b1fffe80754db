import { writeFileSync } from 'node:fs'
import t from 'tap'
import { type Report, circumstancesOf, lineOf, markdownOf } from '../../conformance/report.ts'
import { pickScenarios, runSuite } from '../../conformance/suite.ts'
import { LATENESS_MS } from '../../conformance/verdict.ts'

/**
 * The adapter against a real Apache Kafka broker, with everything that can break broken (issue: exactly one decision, in
 * time). Needs Java and Maven; takes minutes, and both cores.
 */
const inquiries = Number(process.env.CONFORMANCE_INQUIRIES ?? 2_000)
const ADAPTER = 'node dist/adapter/main.js'
const LOGS = '.cache/conformance'
const scenarios = pickScenarios(process.env.CONFORMANCE_ONLY?.split(',') ?? [])

t.setTimeout(0)

// All in one test: tap takes the file for ended when none runs, as between two scenarios.
t.test('an adapter loses, repeats and delays nothing', { timeout: 0 }, async t => {
  const over = new AbortController()
  t.teardown(() => over.abort())
  const reports: Report[] = []
  for await (const report of runSuite({ scenarios, inquiries, adapterCommand: ADAPTER, environment: process.env, logs: LOGS, signal: over.signal })) {
    reports.push(report)
    const { scenario: { name, what }, verdict, failures } = report
    await t.test(`${name}: ${what}`, async t => {
      t.comment(lineOf(report))
      t.ok(verdict.sent >= inquiries, `${verdict.sent} inquiries were sent`)
      t.equal(verdict.missing, 0, 'none is missing')
      t.equal(verdict.contradictory, 0, 'none has contradictory decisions')
      t.equal(verdict.late.unexcused, 0, 'none is late while Kafka can be written to')
      t.equal(verdict.late.classified - verdict.late.onTheWire, 0, 'none is classified after its deadline')
      t.equal(verdict.wrong + verdict.unknown, 0, 'no decision belongs to another inquiry')
      t.equal(verdict.malformed, 0, 'every record keeps the contract')
      t.equal(verdict.brokenOrder, 0, 'inquiries of one key stay in order')
      t.match(verdict.deadLetters, { found: verdict.deadLetters.expected, damaged: 0, unexpected: 0 }, 'all poison and nothing else is a dead letter, unaltered')
      t.strictSame(failures, [], 'and all that the scenario asks for beside')
    })
  }
  t.equal(reports.length, scenarios.length, 'every scenario was run')
  writeFileSync(`${LOGS}/conformance.md`, markdownOf(reports, circumstancesOf({ inquiries: String(inquiries), adapterCommand: ADAPTER, latenessMs: LATENESS_MS })))
})
