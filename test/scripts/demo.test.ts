import { mock } from 'node:test'
import t from 'tap'
import { jsonCodec } from '../../adapter/client/codec.ts'
import type { Decision } from '../../adapter/client/index.ts'
import { readAdapterConfig } from '../../adapter/config.ts'
import { adapterEnvironment, apiEnvironment } from '../../scripts/demo/environment.ts'
import { createPaint, formatDecision, formatTotals, shorten, widthOf } from '../../scripts/demo/format.ts'
import { introduction } from '../../scripts/demo/introduction.ts'
import { readOptions } from '../../scripts/demo/options.ts'
import { readSamples } from '../../scripts/demo/samples.ts'
import { type Output, Screen } from '../../scripts/demo/screen.ts'
import { Tally } from '../../scripts/demo/tally.ts'

/** What the demo shows and with what it starts the others; that it does so: demo.integration.test.ts. */
const ESCAPE = '\u001b'
const ERASE = '\r\u001b[2K'
const NAMES = new Map([['electrical', 'Electrical, lighting & smart home']])
const CLASSIFIED: Decision = {
  id: '1',
  decision: 'classified',
  category: 'electrical',
  confidence: 0.987,
  reason: null,
  alternatives: [],
  model: { name: 'm', version: '1' },
  decidedAt: '2026-11-23T21:45:00.000Z',
  deadline: '2026-11-23T21:45:05.000Z',
  source: 'adapter',
  fallback: null
}
const OUT_OF_SCOPE: Decision = { ...CLASSIFIED, decision: 'manual', category: null, confidence: 0.1, reason: 'out_of_scope' }
const TIMEOUT: Decision = { ...OUT_OF_SCOPE, confidence: null, reason: 'timeout', model: null }
const BY_THE_APP: Decision = { ...TIMEOUT, source: 'client', fallback: 'no_decision' }

t.test('a decision is one line with columns', async t => {
  const at = new Date(2026, 10, 23, 21, 45, 1)
  const line = (decision: Decision, text = 'Welcher Schalter?', columns = 120) => formatDecision({ decision, at, milliseconds: 43.4, names: NAMES, text }, { columns, paint: createPaint(false) })
  t.equal(line(CLASSIFIED), '21:45:01     43 ms  classified  Electrical, lighting & smart home  0.99  Welcher Schalter?')
  t.equal(line(OUT_OF_SCOPE), '21:45:01     43 ms  manual      out of scope                       0.10  Welcher Schalter?')
  t.equal(line(BY_THE_APP), '21:45:01     43 ms  manual      timeout (by the app)                     Welcher Schalter?')
  t.match(line({ ...CLASSIFIED, category: 'unheard_of' }), / {2}unheard_of +0\.99/, 'a category without a name is shown by its id')
  const long = 'Mein neuer Dimmer summt. '.repeat(20)
  for (const columns of [80, 100, 200]) t.ok(widthOf(line(CLASSIFIED, long, columns)) <= columns && line(CLASSIFIED, long, columns).endsWith('…'), `${columns} columns`)
  t.ok(line(CLASSIFIED, `a${ESCAPE}[2J\nb\u202ec`).endsWith('  a [2J b c'), 'a text cannot steer the terminal')
})

t.test('colours tell decisions apart', async t => {
  const line = (decision: Decision) => formatDecision({ decision, at: new Date(), milliseconds: 1, names: NAMES, text: 'x' }, { columns: 120, paint: createPaint(true) })
  t.ok(line(CLASSIFIED).includes(`${ESCAPE}[32mclassified${ESCAPE}[39m`), 'green')
  t.ok(line(OUT_OF_SCOPE).includes(`${ESCAPE}[33mmanual    ${ESCAPE}[39m`), 'yellow: the model is not sure')
  for (const decision of [TIMEOUT, BY_THE_APP]) t.ok(line(decision).includes(`${ESCAPE}[31mmanual    ${ESCAPE}[39m`), 'red: nobody was asked')
})

t.test('widths are those of a terminal', async t => {
  t.equal(widthOf('Tür'), 3)
  t.equal(widthOf('Tu\u0308r'), 3, 'combining marks take no room')
  t.equal(widthOf('👍工'), 4)
  t.equal(shorten('Farbe  für\nTüren', 40), 'Farbe für Türen')
  t.equal(shorten('Farbe für Türen', 8), 'Farbe f…')
  t.equal(shorten('👍👍👍', 4), '👍…', 'nothing is cut in the middle')
  t.equal(shorten('Farbe', 0), '')
})

t.test('the summary counts', async t => {
  const tally = new Tally(1_000)
  t.equal(formatTotals(tally.totals(1_000)), 'sent 0 · classified 0 · manual 0 · 0.0/s')
  for (let number = 0; number < 200; number++) {
    tally.sent()
    if (number < 199) tally.decided(number < 195 ? CLASSIFIED : number < 198 ? BY_THE_APP : OUT_OF_SCOPE, { at: 1_000 + 100 * number, milliseconds: number + 1 })
  }
  t.equal(formatTotals(tally.totals(20_900)), 'sent 200 · classified 195 · manual 4 · waiting 1 · p50 100 ms · p99 198 ms · 9.9/s · manual: 3 timeout (by the app), 1 out of scope')
  t.equal(tally.totals(60_000).perSecond, 0, 'lately means lately')
  for (let number = 0; number < 20_000; number++) tally.decided(CLASSIFIED, { at: 60_000, milliseconds: 7 })
  t.match(tally.totals(60_000), { classified: 20_195, p50: 7, p99: 7 }, 'quantiles are of the recent decisions')
})

t.test('on a terminal the summary stays at the bottom', async t => {
  const { screen, written } = createScreen({ isTTY: true, columns: 30 }, {})
  t.teardown(() => screen.close())
  screen.begin('Kafka … ')
  screen.end('ready')
  t.equal(written(), 'Kafka … ready\n')
  screen.showSummary(() => 'sent 1 · and so on, far too long for it')
  t.equal(written(), `${ERASE}${ESCAPE}[1msent 1 · and so on, far too…${ESCAPE}[22m`)
  screen.print('a decision')
  t.equal(written(), `${ERASE}a decision\n${ERASE}${ESCAPE}[1msent 1 · and so on, far too…${ESCAPE}[22m`)
  screen.close()
  t.equal(written(), `${ERASE}${ESCAPE}[1msent 1 · and so on, far too long for it${ESCAPE}[22m\n`, 'at the end all of it')
  screen.print('bye')
  t.equal(written(), 'bye\n')
})

t.test('a line that is begun is not overwritten', async t => {
  for (const isTTY of [true, false]) {
    const { screen, written } = createScreen({ isTTY }, {})
    screen.begin('Kafka … ')
    screen.print('Stopping')
    t.equal(written(), 'Kafka … \nStopping\n')
  }
})

t.test('NO_COLOR, a dumb terminal, a file', async t => {
  const cases = [
    { output: { isTTY: true }, environment: {}, redraws: true, colors: true, columns: 80 },
    { output: { isTTY: true }, environment: { NO_COLOR: '' }, redraws: true, colors: true, columns: 80 },
    { output: { isTTY: true, columns: 90 }, environment: { NO_COLOR: '1' }, redraws: true, colors: false, columns: 90 },
    { output: { isTTY: true }, environment: { TERM: 'dumb' }, redraws: false, colors: false, columns: 80 },
    { output: {}, environment: {}, redraws: false, colors: false, columns: 140 }
  ]
  for (const { output, environment, redraws, colors, columns } of cases) {
    const { screen, written } = createScreen(output, environment)
    t.equal(screen.columns, columns)
    t.equal(screen.paint('red', 'x') !== 'x', colors)
    screen.showSummary(() => 'sent 1')
    screen.print('a decision')
    t.equal(written().includes(ERASE), redraws)
    screen.close()
    t.equal(written().includes('sent 1'), true)
  }
})

t.test('elsewhere than on a terminal the summary comes every few seconds', async t => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const { screen, written } = createScreen({}, {})
  screen.showSummary(() => 'sent 1')
  screen.print('a decision')
  t.equal(written(), 'a decision\n')
  mock.timers.tick(5_000)
  t.equal(written(), 'sent 1\n')
  screen.close()
  t.equal(written(), 'sent 1\n')
  mock.timers.tick(5_000)
  t.equal(written(), '')
})

t.test('the introduction says how to break what runs', async t => {
  const config = readAdapterConfig({ KAFKA_BROKERS: '127.0.0.1:1234', INQUIRY_TIMEOUT_MS: '5000' })
  const own = introduction({ config, pids: { api: 11, adapter: 22, broker: 33 } })
  for (const command of ['kill -STOP 11', 'kill -CONT 11', 'kill -KILL 22', 'kill -STOP 33', 'kcat -b 127.0.0.1:1234', 'within 5 s']) t.ok(own.includes(command), command)
  t.notMatch(introduction({ config, pids: { api: 11, adapter: 22 } }), /Kafka hangs|undefined/, 'somebody else\'s cluster is left alone')
})

t.test('the adapter takes names of its own on a cluster that is given, and what is given', async t => {
  const given = adapterEnvironment({ environment: { KAFKA_BROKERS: 'k:1', KAFKA_SSL: 'true', INQUIRY_TOPIC: 'mine', RESULT_TOPIC: '' }, run: 'r1' })
  t.match(readAdapterConfig(given.environment), { KAFKA_BROKERS: 'k:1', KAFKA_SSL: true, CREATE_TOPICS: true, INQUIRY_TOPIC: 'mine', RESULT_TOPIC: 'inquiry-demo-r1.inquiry-classes', CONSUMER_GROUP: 'inquiry-demo-r1.inquiry-adapter' })
  t.strictSame(given.ownNames, ['inquiry-classes', 'inquiry-classes.late', 'inquiries.dead-letter', 'inquiry-adapter'].map(name => `inquiry-demo-r1.${name}`))

  const own = adapterEnvironment({ environment: { KAFKA_SSL: 'true', PATH: '/bin', INQUIRY_TIMEOUT_MS: '700' }, bootstrap: 'own:1', run: 'r1' })
  t.match(readAdapterConfig(own.environment), { KAFKA_BROKERS: 'own:1', KAFKA_SSL: false, INQUIRY_TOPIC: 'inquiries', INQUIRY_TIMEOUT_MS: 700 })
  t.match(own, { environment: { PATH: '/bin' }, ownNames: [] })
  t.match(apiEnvironment({ environment: { API_KEYS: 'k', HOST: '0.0.0.0', PORT: '80' }, port: 81 }), { API_KEYS: '', HOST: '127.0.0.1', PORT: '81' })
})

t.test('options', async t => {
  t.strictSame(readOptions([]), { rate: 5, count: Infinity, help: false })
  t.strictSame(readOptions(['--rate', '0.5', '--count=3', '--help']), { rate: 0.5, count: 3, help: true })
  for (const wrong of [['--rate', '0'], ['--rate', 'fast'], ['--rate', '1001'], ['--count', '0'], ['--count', '1.5'], ['--speed', '1'], ['5']]) t.throws(() => readOptions(wrong), wrong.join(' '))
})

t.test('samples are German and English, some are nobody\'s business and some cannot be read', async t => {
  const samples = await readSamples('r1')
  const taken = Array.from({ length: 200 }, () => samples.next().value)
  t.equal(new Set(taken.map(({ inquiry }) => inquiry.id)).size, 200)
  t.strictSame([...new Set(taken.map(({ inquiry }) => inquiry.locale))].sort(), ['de-DE', 'en-GB'])
  const poison = taken.filter(sample => sample.poison)
  t.equal(poison.length, 10)
  for (const { poison: bytes, shown } of poison.slice(0, 4)) t.notOk(isInquiry(bytes!), shown)
  t.ok(isInquiry(await jsonCodec.encodeInquiry(taken[0]!.inquiry)))
})

function isInquiry (value: Buffer): boolean {
  try {
    const { text } = JSON.parse(value.toString()) as { text?: unknown }
    return typeof text === 'string'
  } catch {
    return false
  }
}

/** `written` gives what came since it was called last. */
function createScreen (output: Omit<Output, 'write'>, environment: Record<string, string>): { screen: Screen, written: () => string } {
  let text = ''
  const screen = new Screen({ output: { ...output, write: more => { text += more } }, environment })
  return { screen, written: () => { const result = text; text = ''; return result } }
}
