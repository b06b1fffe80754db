import { availableParallelism, cpus } from 'node:os'
import type { Outage } from './outage.ts'
import type { Scenario } from './scenarios.ts'
import type { Verdict } from './verdict.ts'

/** What came of one scenario. */
export interface Report {
  readonly scenario: Scenario
  readonly verdict: Verdict
  /** Inquiries a second. */
  readonly rate: number
  /** Records in the topic for late answers. */
  readonly lateAnswers: number
  readonly outages: readonly Outage[]
  /** How often an adapter ended by itself and was started again. */
  readonly restarts: number
  /** Inquiries that the driver's own client sent more than once. */
  readonly repeatedBySender: number
  /** Longest time in milliseconds for which this process itself did not run: on a busy machine the adapter did not either. */
  readonly stallMs: number
  /** Program that read the topics. */
  readonly reader: string
  readonly seconds: number
  /** It could not be brought to its end, and the figures say nothing. */
  readonly brokenOff: boolean
  /** Why it did not pass; empty where it did. */
  readonly failures: readonly string[]
}

export interface Circumstances {
  /** Command that makes the same report. */
  readonly command: string
  readonly adapterCommand: string
  /** How long after its deadline a decision might be readable. */
  readonly latenessMs: number
  readonly date: string
  readonly machine: string
}

/** Circumstances of a run that ends now, on this machine. */
export function circumstancesOf ({ inquiries, adapterCommand, latenessMs }: Pick<Circumstances, 'adapterCommand' | 'latenessMs'> & { readonly inquiries: string }): Circumstances {
  return {
    command: `npm run conformance -- --inquiries ${inquiries}`,
    adapterCommand,
    latenessMs,
    date: new Date().toISOString().slice(0, 10),
    machine: `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}`
  }
}

/** One line for the terminal. */
export function lineOf ({ scenario: { name }, verdict, seconds, stallMs, failures }: Report): string {
  const { sent, missing, duplicated, contradictory, late } = verdict
  const counts = `${sent} sent, ${missing} missing, ${contradictory} contradictory, ${duplicated} duplicated, late ${late.unexcused} (+ ${late.excused} excused)`
  const stall = failures.length > 0 ? `; the driver itself stood still for up to ${stallMs.toFixed(0)} ms` : ''
  return `${failures.length === 0 ? 'PASS' : 'FAIL'} ${name}: ${counts}, ${seconds.toFixed(0)} s${stall}${failures.map(failure => `\n     ${failure}`).join('')}`
}

/** The figures for programs: without the outcome of every single inquiry. */
export function jsonOf (reports: readonly Report[], circumstances: Circumstances): string {
  const rows = reports.map(({ scenario: { name, what, api, brokers, timeoutMs }, verdict: { outcomes, examples, ...verdict }, failures, rate, ...rest }) =>
    ({ name, what, api, brokers, timeoutMs, rate: Number.isFinite(rate) ? rate : null, passed: failures.length === 0, failures, ...verdict, ...rest }))
  return `${JSON.stringify({ ...circumstances, scenarios: rows }, null, 2)}\n`
}

/** The page with the table of all scenarios. */
export function markdownOf (reports: readonly Report[], { command, adapterCommand, latenessMs, date, machine }: Circumstances): string {
  const rows = reports.map(rowOf)
  return `# Conformance of the Kafka adapter

\`\`\`sh
${command}
\`\`\`

A driver sends inquiries at a steady rate to a real Apache Kafka broker, breaks things meanwhile, and reads back with
${reports[0]?.reader ?? 'another client'} what came of them. It knows the adapter as a command (\`${adapterCommand}\`), by its
environment, its signals, Kafka and \`/health/ready\`. Measured ${date}, ${machine}.

| scenario | what breaks | API | timeout | inquiries | a second | missing | contradictory | duplicated | late | excused | p50 ms | p99 ms | classified | manual | late answers | dead letters | |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}

- **missing**: no decision. **contradictory**: records of one inquiry that differ in decision, category or reason; **duplicated**: several that
  are alike (readers take the first). Both count inquiries.
- **late**: readable more than ${latenessMs} ms after the deadline, by the broker's clock. **excused**: the same, where Kafka could not be written to at the
  deadline or was back for less than the recovery time stated below; the decision must then be \`manual\`, except what was on the wire when
  Kafka fell silent (one produce request a partition).
- **p50**, **p99**: from the inquiry's timestamp to when the decision could be read; inquiries that were expired when sent do not count.
- **dead letters**: found with the original bytes and headers, of those expected.
- Besides: no decision belongs to another inquiry or another key, none is malformed, the order within a key is kept up to the deadline, and the parts of a run in
  which the API works are answered by it. Where adapters die, the stub of the API answers differently each time it is asked about the
  same text, so that an adapter that decides twice contradicts itself.
${notesOf(reports)}`
}

function rowOf ({ scenario: { name, what, api, timeoutMs }, verdict, lateAnswers, rate, failures }: Report): string {
  const { sent, missing, contradictory, duplicated, late, decisionMs, decisions, deadLetters } = verdict
  const manual = Object.entries(decisions).filter(([decision]) => decision.startsWith('manual/'))
  return `| ${[
    `\`${name}\``, what, api, `${timeoutMs / 1e3} s`, sent, Number.isFinite(rate) ? rate : 'at once', missing, contradictory, duplicated, late.unexcused, late.excused,
    figure(decisionMs.p50), figure(decisionMs.p99), decisions.classified ?? 0, manual.map(([decision, count]) => `${count} ${decision.slice('manual/'.length)}`).join(', ') || 0,
    lateAnswers, deadLetters.expected > 0 ? `${deadLetters.found} of ${deadLetters.expected}` : deadLetters.found, failures.length === 0 ? 'pass' : `**fail**: ${failures.join('; ')}`
  ].join(' | ')} |`
}

function notesOf (reports: readonly Report[]): string {
  const notes = reports.flatMap(({ scenario: { name, backdateMs }, outages, verdict, restarts, repeatedBySender }) => [
    ...outages.map(({ from, to, recoveryMs }) => `\`${name}\`: Kafka could not be written to for ${((to - from) / 1e3).toFixed(1)} s; recovery time ${recoveryMs / 1e3} s. ${verdict.late.onTheWire} late records were on the wire.`),
    ...(backdateMs === undefined ? [] : [`\`${name}\`: ${figure(verdict.decisionsPerSecond)} decisions a second.`]),
    ...(restarts > 0 ? [`\`${name}\`: the adapter ended by itself and was started again ${restarts} times.`] : []),
    ...(repeatedBySender > 0 ? [`\`${name}\`: the driver's client sent ${repeatedBySender} inquiries twice.`] : [])
  ])
  return notes.map(note => `- ${note}\n`).join('')
}

function figure (value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '–'
}
