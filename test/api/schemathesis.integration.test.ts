import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'

/** Pinned to the release that this project was checked with; the last part is free for fixes. */
const REQUIREMENT = 'schemathesis==4.32.*'
const ENVIRONMENT_FOLDER = '.cache/schemathesis'
const KEY = 'schemathesis-key'
/** The same requests in every CI run; another number looks elsewhere (one did find a bug). */
const SEED = process.env.SCHEMATHESIS_SEED ?? '1'
const SECONDS_OF_FUZZING = 30
const SECONDS_FOR_ALL = 60

/**
 * 504 is the truth when a caller sets a deadline of a few milliseconds, as the fuzzer does: of the 5xx this one is no
 * failure of the service. All other checks are on as they are.
 */
const SETTINGS = `
[auth.openapi.apiKey]
api_key = "${KEY}"

[auth.openapi.bearer]
bearer = "${KEY}"

[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 504]
`

t.setTimeout(300_000) // the first time, Python packages are installed
t.test('a fuzzer that knows the contract finds nothing that breaks it', async t => {
  const schemathesis = findSchemathesis()
  if (!schemathesis) {
    const reason = `NOT RUN: the contract was not fuzzed. It needs Python 3 with venv and pip to install ${REQUIREMENT}, or its path in SCHEMATHESIS.`
    console.error(`\n!!! ${reason}\n`)
    if (process.env.CI === 'true') t.fail(reason)
    else t.pass(reason, { skip: reason })
    return
  }

  const server = spawn(process.execPath, ['dist/api/server.js'], {
    env: { PATH: process.env.PATH, PORT: '0', INFERENCE_WORKERS: '1', API_KEYS: KEY }, stdio: ['ignore', 'pipe', 'inherit']
  })
  const exited = once(server, 'exit')
  t.teardown(async () => { server.kill(); await exited })
  let log = ''
  const url = await new Promise<string>((resolve, reject) => {
    exited.then(([code]) => reject(new Error(`the service ended with ${code}: ${log}`)), reject)
    server.stdout.on('data', chunk => {
      log += chunk
      const address = /Server listening at (http:\S+?)"/.exec(log)
      if (address) resolve(address[1]!)
    })
  })

  const folder = t.testdir({ 'schemathesis.toml': SETTINGS })
  t.comment('504 is not taken for a failure: the fuzzer asks for answers within milliseconds')
  const startedAt = performance.now()
  const run = spawn('nice', [
    '-n', '10', schemathesis, '--config-file', join(folder, 'schemathesis.toml'), 'run', `${url}/openapi.json`,
    '--checks', 'all', '--max-examples', '100', '--seed', SEED, '--max-time', String(SECONDS_OF_FUZZING), '--continue-on-failure', '--generation-database', 'none', '--no-color'
  ], { cwd: folder, env: { PATH: process.env.PATH, HOME: process.env.HOME, TERM: 'dumb' } }) // a report for reading, not for a terminal
  let report = ''
  run.stdout.on('data', chunk => { report += chunk })
  run.stderr.on('data', chunk => { report += chunk })
  const [code] = await once(run, 'close')
  const seconds = (performance.now() - startedAt) / 1e3
  if (code !== 0) console.error(report)
  t.equal(code, 0, 'no failure')
  t.match(report, /Operations: +(\d+) selected \/ \1 total/, 'every operation was called')
  const [, generated = '0', passed = '0'] = /(\d+) generated, (\d+) passed/.exec(report) ?? []
  t.ok(Number(generated) >= 300, `${generated} requests`)
  t.equal(passed, generated)
  t.ok(seconds < SECONDS_FOR_ALL, `in ${seconds.toFixed(0)} s`)

  const statuses = new Map<string, number>()
  for (const [, status = ''] of log.matchAll(/"status":(\d+)/g)) statuses.set(status, (statuses.get(status) ?? 0) + 1)
  t.ok(['200', '400', '401', '405'].every(status => statuses.has(status)), `replies by status: ${JSON.stringify(Object.fromEntries(statuses))}`)
  const health = await fetch(`${url}/health/ready`)
  t.match(await health.json(), { status: 'ready', queueDepth: 0 }, 'and the service is as before')
  t.notMatch(log, /"level":[56]0/, 'without an error in its log')
})

/** The program, from SCHEMATHESIS or an environment of its own, which is made where it is missing. */
function findSchemathesis (): string | undefined {
  if (process.env.SCHEMATHESIS) return process.env.SCHEMATHESIS
  const program = resolve(ENVIRONMENT_FOLDER, 'bin', 'schemathesis')
  if (existsSync(program)) return program
  const made = runs('python3', '-m', 'venv', ENVIRONMENT_FOLDER) && runs(join(ENVIRONMENT_FOLDER, 'bin', 'python'), '-m', 'pip', 'install', '--quiet', REQUIREMENT)
  return made && existsSync(program) ? program : undefined
}

function runs (program: string, ...parameters: string[]): boolean {
  return spawnSync(program, parameters, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
}
