import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { PROGRAMS, type ProgramName } from './kafka-program.ts'
import { type Report, circumstancesOf, jsonOf, lineOf, markdownOf } from './report.ts'
import { SCENARIOS } from './scenarios.ts'
import { pickScenarios, runSuite } from './suite.ts'
import { LATENESS_MS } from './verdict.ts'

const HELP = `Usage: npm run conformance -- [options]

Proves a Kafka adapter on a real Apache Kafka broker: sends inquiries, breaks things meanwhile, and compares what was
sent with what came of it. Needs Java, Maven and, better, kcat. Ends with 1 when a scenario did not pass.

  --only NAME[,NAME]       these scenarios
  --inquiries N            inquiries a scenario (default 2000)
  --rate N                 inquiries a second, in place of each scenario's own
  --adapter-command CMD    how an adapter is started (default "node dist/adapter/main.js"); its configuration comes in
                           the environment, see docs/configuration.md
  --client NAME            who reads the topics: kcat or console-tools (default kcat, where it is installed)
  --late-after MS          how long after its deadline a decision may be readable (default 250)
  --logs FOLDER            what adapters and API print, and examples of faults (default .cache/conformance)
  --json FILE              also writes all figures
  --markdown FILE          also writes a page with the table
  --list                   names the scenarios
  --help`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    inquiries: { type: 'string', default: '2000' },
    rate: { type: 'string' },
    'adapter-command': { type: 'string', default: 'node dist/adapter/main.js' },
    client: { type: 'string' },
    'late-after': { type: 'string', default: String(LATENESS_MS) },
    logs: { type: 'string', default: '.cache/conformance' },
    json: { type: 'string' },
    markdown: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false }
  }
})

if (values.help) console.log(HELP)
else if (values.list) for (const { name, what } of SCENARIOS) console.log(`${name.padEnd(24)} ${what}`)
else await main()

async function main (): Promise<void> {
  const stopped = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopped.abort())
  const reports: Report[] = []
  try {
    const suite = runSuite({
      scenarios: pickScenarios(values.only?.split(',') ?? []),
      inquiries: positive('inquiries', values.inquiries),
      ...(values.rate !== undefined && { rate: positive('rate', values.rate) }),
      adapterCommand: values['adapter-command'],
      environment: process.env,
      ...(values.client !== undefined && { program: programName(values.client) }),
      latenessMs: positive('late-after', values['late-after']),
      logs: values.logs,
      signal: stopped.signal,
      onStart: ({ name }) => showStatus(`${name}: starting`),
      onProgress: ({ name }, { sent, decided, total }) => showStatus(`${name}: ${sent} of ${total} sent, ${decided} decided`)
    })
    for await (const report of suite) {
      reports.push(report)
      showStatus('')
      console.error(lineOf(report))
    }
  } catch (error) {
    showStatus('')
    if (!stopped.signal.aborted) throw error
    process.exit(130) // kafkajs may still be trying to reach a broker that is gone
  }
  const circumstances = circumstancesOf({ inquiries: values.inquiries, adapterCommand: values['adapter-command'], latenessMs: Number(values['late-after']) })
  if (values.json) writeFileSync(values.json, jsonOf(reports, circumstances))
  if (values.markdown) writeFileSync(values.markdown, markdownOf(reports, circumstances))
  const failed = reports.filter(({ failures }) => failures.length > 0).length
  console.log(`${reports.length - failed} scenarios passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

function programName (name: string): ProgramName {
  if (!Object.hasOwn(PROGRAMS, name)) throw new Error(`--client must be one of ${Object.keys(PROGRAMS).join(', ')}`)
  return name as ProgramName
}

function positive (name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a positive whole number`)
  return value
}

/** One line that is written over and over, where somebody looks at it. */
function showStatus (text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}
