import axe, { type AxeResults } from 'axe-core'
import type { Page, Response } from 'playwright-core'
import t from 'tap'
import { type Categories, type Classification, ERROR_CODES, type Problem } from '../../../openapi/index.ts'
import { INTRANET_HOST, launchBrowser, noBrowser, open, startService } from './browser.ts'

const GERMAN = 'Meine Bohrmaschine lädt nicht mehr, welchen Akku brauche ich?'
const ENGLISH = 'Where is my parcel? It should have been here on Friday.'
const NO_DESK = 'Can you write me a poem about the sea?'

if (noBrowser) {
  console.error(`\n*** The page at / was NOT tested: ${noBrowser} ***\n`)
  if (process.env.CI === 'true') t.fail(`The page cannot be tested: ${noBrowser}`)
  else t.plan(0, noBrowser)
  process.exit()
}

const service = await startService()
t.teardown(() => service.close())
const browser = await launchBrowser()
t.teardown(() => browser.close())
const address = await service.serve()
const { categories } = await (await fetch(`${address}/categories`)).json() as Categories

/** What the service answered, once the page shows it. */
async function answered (page: Page, act: () => Promise<void>): Promise<Response> {
  const response = page.waitForResponse(response => response.url().endsWith('/classify'))
  await act()
  const answer = await response
  await page.locator('#result[aria-busy="false"]').waitFor()
  return answer
}

async function classify (page: Page, text: string): Promise<Response> {
  await page.getByRole('textbox').first().fill(text)
  return await answered(page, () => page.locator('button[type=submit]').click())
}

const tone = async (page: Page) => await page.locator('#result').getAttribute('data-tone')
const summary = (page: Page) => page.locator('#summary').innerText()
const fact = async (page: Page, name: string) => await page.locator(`dt:text-is("${name}") + dd`).innerText()
const nameOf = (id: string | null, language: 'de' | 'en') => categories.find(category => category.id === id)?.names[language]
const focused = (page: Page) => page.evaluate<string>('document.activeElement.id || document.activeElement.textContent')

t.test('shows a German inquiry\'s desk, confidence, alternatives, model, tokens and time', async t => {
  const { page, complaints } = await open(browser, address, { locale: 'de-DE' })
  t.equal(await page.getAttribute('html', 'lang'), 'de', 'the browser\'s language is the page\'s')
  t.equal(await page.title(), 'Anfragen zuordnen')
  t.match(await summary(page), 'Noch nichts entschieden')

  const answer = await classify(page, GERMAN)
  const decision: Classification = await answer.json()
  t.match(decision, { decision: 'classified', category: 'tools', alternatives: { length: 4 } })
  t.match(await summary(page), 'Werkzeug & Maschinen')
  const percent = `${(Math.floor(decision.confidence * 1e3) / 10).toLocaleString('de')}\u00a0%`
  t.equal(await page.locator('.confidence .share').innerText(), percent)
  const filled = await page.evaluate<number>("document.querySelector('.confidence .bar span').offsetWidth / document.querySelector('.confidence .bar').offsetWidth")
  t.ok(Math.abs(filled - decision.confidence) < 0.01, `the bar is filled as far as the confidence goes: ${filled}`)
  t.same(
    await page.locator('.alternatives li > span:first-child').allInnerTexts(),
    decision.alternatives.slice(1).map(({ category }) => nameOf(category, 'de')), 'the other desks, by name')
  t.equal(await fact(page, 'Modell'), `${decision.model.name} ${decision.model.version}`)
  t.match(await fact(page, 'Tokens'), `${decision.tokens}, höchstens 256`)
  t.match(await fact(page, 'Gekürzt'), 'nein')
  t.notOk(await page.getByLabel('API-Schlüssel').isVisible(), 'no key is asked for without need')
  const total = Number(/total;dur=([\d.]+)/.exec((await answer.allHeaders())['server-timing'] ?? '')?.[1])
  const shown = /^([\d.]+(?:,\d+)?)\sms/.exec(await fact(page, 'Dauer'))?.[1]
  const shownMs = Number(shown?.replaceAll('.', '').replace(',', '.'))
  t.ok(Math.abs(shownMs - total) <= 0.005 * total, `three digits of the service's ${total} ms are shown: ${shown}`)
  t.same(complaints, [])
})

t.test('shows an English inquiry in English, and in German at a click, without asking again', async t => {
  const { page } = await open(browser, address)
  await classify(page, ENGLISH)
  t.match(await summary(page), 'Orders & delivery')
  let asked = 0
  page.on('request', () => asked++)
  await page.getByRole('button', { name: 'Deutsch' }).click()
  t.match(await summary(page), 'Bestellung & Lieferung')
  t.equal(await page.getAttribute('html', 'lang'), 'de')
  t.equal(await page.getByRole('button', { name: 'Deutsch' }).getAttribute('aria-pressed'), 'true')
  t.equal(await page.getByRole('textbox', { name: 'Anfrage des Kunden' }).inputValue(), ENGLISH, 'what is typed stays')
  t.equal(asked, 0)
})

t.test('says in plain words why a person has to read it', async t => {
  const { page } = await open(browser, address)
  const decision: Classification = await (await classify(page, NO_DESK)).json()
  t.match(decision, { decision: 'manual', reason: 'out_of_scope' })
  t.equal(await tone(page), 'manual')
  t.match(await summary(page), /A person has to read it[^]*none of the desks[^]*out_of_scope/)
  t.equal(await page.locator('.alternatives li').count(), 4, 'all that it considered, as a hint')

  const unsure: Classification = { ...decision, reason: 'low_confidence', tokens: 1234, truncated: true }
  await page.route('**/classify', route => route.fulfill({ json: unsure }))
  await classify(page, 'Hm')
  t.match(await summary(page), /not sure enough[^]*low_confidence/)
  t.match(await fact(page, 'Truncated'), 'yes')
  t.match(await fact(page, 'Tokens'), '1,234')
  t.equal(await page.getByText('Time taken').count(), 0, 'no time where the service gave none')
})

t.test('all examples work, and one of them is for no desk', async t => {
  const { page } = await open(browser, address)
  const tones: Array<string | null> = []
  for (const example of await page.locator('#examples button').all()) {
    await answered(page, () => example.click())
    t.equal(await page.getByLabel('Customer inquiry').inputValue(), await example.innerText())
    tones.push(await tone(page))
  }
  t.same(tones.sort(), ['classified', 'classified', 'classified', 'classified', 'classified', 'manual'])
})

t.test('works by keyboard alone, with the focus in sight', async t => {
  const { page } = await open(browser, address)
  const outlined = "(() => { const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement); return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 })()"
  const stops: string[] = []
  for (let stop = 0; stop < 12; stop++) {
    await page.keyboard.press('Tab')
    stops.push(await focused(page))
    t.ok(await page.evaluate(outlined), `the focus is visible on ${stops.at(-1)}`)
  }
  t.match(stops, ['language-de', 'language-en', 'text', 'Classify', /Bohrmaschine/, /parcel/, /Karfreitag/, /tap/, /abgebucht/, /poem/, 'API documentation', 'Error codes'])

  for (let back = 0; back < 9; back++) await page.keyboard.press('Shift+Tab')
  await page.keyboard.type(ENGLISH)
  await answered(page, () => page.keyboard.press('Control+Enter'))
  t.match(await summary(page), 'Orders & delivery')
  t.equal(await focused(page), 'text', 'the focus stays where one types')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await answered(page, () => page.keyboard.press('Enter'))
  t.match(await summary(page), 'Tools & machines', 'an example by the Enter key')
  t.match(await page.locator('#summary').getAttribute('aria-live'), 'polite')
})

t.test('shows a problem with its code and request id, and leads to the wrong field', async t => {
  const { page } = await open(browser, address, { locale: 'de' })
  const answer = await classify(page, '  \n ')
  const problem: Problem = await answer.json()
  t.equal(problem.code, 'ERR_INVALID_REQUEST')
  t.equal(await tone(page), 'failure')
  t.match(await summary(page), 'Die Anfrage ist leer oder zu lang.')
  t.equal(await fact(page, 'Request-ID'), (await answer.allHeaders())['x-request-id'])
  t.equal(await focused(page), 'text')
  const text = page.getByLabel('Anfrage des Kunden')
  t.equal(await text.getAttribute('aria-invalid'), 'true')
  await classify(page, GERMAN)
  t.equal(await tone(page), 'classified')
  t.equal(await text.getAttribute('aria-invalid'), 'false')

  await classify(page, 'a'.repeat(10_001))
  await page.getByRole('link', { name: 'ERR_INVALID_REQUEST' }).click()
  await page.waitForURL('**/errors#ERR_INVALID_REQUEST')
  t.match(await page.locator('tr:target').innerText(), 'ERR_INVALID_REQUEST', 'the code leads to its explanation')
})

t.test('asks for an API key only once the service has, and keeps it for the tab', async t => {
  const { page } = await open(browser, await service.serve({ API_KEYS: 'correct-horse' }))
  const key = page.getByLabel('API key')
  await key.waitFor()
  await page.getByLabel('Customer inquiry').fill(ENGLISH)
  const submit = () => answered(page, () => page.keyboard.press('Enter'))
  await page.getByRole('button', { name: 'Classify' }).focus()
  t.equal((await submit()).status(), 401)
  t.match(await summary(page), 'A valid API key is needed.')
  t.match(await fact(page, 'Code'), 'ERR_UNAUTHENTICATED')
  t.equal(await focused(page), 'key')

  await page.keyboard.type('battery-staple')
  t.equal((await submit()).status(), 401)
  t.equal(await key.getAttribute('aria-invalid'), 'true')
  t.equal(await page.evaluate('sessionStorage.length'), 0, 'a wrong key is forgotten')

  await key.fill(' correct-horse ')
  t.equal((await submit()).status(), 200)
  t.match(await summary(page), 'Orders & delivery', 'with the names that could not be had without a key')
  await page.reload()
  await page.locator('#model:not(:empty)').waitFor()
  t.notOk(await key.isVisible(), 'it is known after a reload')
  t.equal((await classify(page, ENGLISH)).status(), 200)
})

t.test('tells how long to wait after too many inquiries', async t => {
  const { page } = await open(browser, await service.serve({ RATE_LIMIT_PER_MINUTE: '3' }))
  t.equal((await classify(page, ENGLISH)).status(), 200, 'the third, after categories and model')
  const refused = await classify(page, ENGLISH)
  t.equal(refused.status(), 429)
  const seconds = Number((await refused.allHeaders())['retry-after'])
  t.match(await summary(page), `Too many inquiries in a short time.\n\nTry again in ${seconds} seconds.`)
})

t.test('says so when the service cannot be reached, or something else answers, and recovers', async t => {
  const { page } = await open(browser, address)
  await page.context().setOffline(true)
  await page.getByLabel('Customer inquiry').fill(ENGLISH)
  await page.keyboard.press('Control+Enter')
  await page.getByText('The service cannot be reached').waitFor()
  t.equal(await tone(page), 'failure')
  await page.context().setOffline(false)

  await page.route('**/classify', route => route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }))
  await answered(page, () => page.keyboard.press('Control+Enter'))
  t.match(await summary(page), 'something in between')
  t.equal(await fact(page, 'HTTP status'), '502')
  await page.unroute('**/classify')
  await answered(page, () => page.keyboard.press('Control+Enter'))
  t.match(await summary(page), 'Orders & delivery')
})

t.test('a newer inquiry takes the place of one that is not answered yet', async t => {
  const { page } = await open(browser, address)
  let release = () => {}
  const released = new Promise<void>(resolve => { release = resolve })
  await page.route('**/classify', async route => { await released; await route.continue().catch(() => {}) }) // the first is gone by then
  const submit = async (text: string) => {
    const request = page.waitForRequest('**/classify')
    await page.getByLabel('Customer inquiry').fill(text)
    await page.keyboard.press('Control+Enter')
    await request
  }
  await submit(GERMAN)
  await submit(ENGLISH)
  t.equal(await tone(page), 'empty', 'the first is given up without a word')
  t.equal(await page.locator('#result').getAttribute('aria-busy'), 'true')
  release()
  await page.locator('#result[aria-busy="false"]').waitFor()
  t.match(await summary(page), 'Orders & delivery')
})

for (const colorScheme of ['light', 'dark'] as const) {
  t.test(`has no accessibility violation that axe knows of, and fits 320 pixels, in ${colorScheme}`, async t => {
    const { page } = await open(browser, await service.serve({ API_KEYS: 'correct-horse' }), { colorScheme, viewport: { width: 320, height: 640 } })
    const check = async (state: string) => {
      const { violations, passes } = await page.evaluate<AxeResults>(`${axe.source}; axe.run()`)
      t.same(violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`), [], state)
      t.ok(passes.some(({ id }) => id === 'color-contrast'), 'contrast was measured')
      t.equal(await page.evaluate('document.documentElement.scrollWidth'), 320, 'nothing is cut off or needs sideways scrolling')
    }
    await check('nothing decided, key asked for')
    await classify(page, ENGLISH)
    await check('a problem')
    await page.getByLabel('API key').fill('correct-horse')
    await classify(page, ENGLISH)
    t.equal(await tone(page), 'classified')
    await check('classified')
    await classify(page, NO_DESK)
    t.equal(await tone(page), 'manual')
    await check('manual')
    await page.getByRole('button', { name: 'Deutsch' }).click()
    await page.setViewportSize({ width: 1280, height: 800 })
    t.same((await page.evaluate<AxeResults>('axe.run()')).violations.map(({ id }) => id), [], 'German, wide')
    await page.setViewportSize({ width: 320, height: 640 })
    await page.goto(`${new URL(page.url()).origin}/errors#ERR_NOT_FOUND`)
    await check('error catalogue')
  })
}

t.test('Swagger UI sends its own examples, and they are answered', async t => {
  const { page, complaints } = await open(browser, `${address}/docs`)
  for (const operation of ['classify', 'classifyBatch']) {
    const block = page.locator(`.opblock[id$="-${operation}"]`)
    await block.locator('.opblock-summary-control').click()
    await block.getByRole('button', { name: 'Execute' }).click()
    const live = block.locator('.live-responses-table .response')
    t.equal(await live.locator('.response-col_status').innerText(), '200', operation)
    t.match(await live.locator('.response-col_description pre').first().innerText(), '"decision": "classified"')
  }
  t.same(complaints, [], 'and the browser has nothing to complain of')
})

t.test('the error catalogue explains every code, without a complaint of the browser', async t => {
  const { page, complaints } = await open(browser, `${address}/errors#ERR_UNAUTHENTICATED`)
  t.same(await page.locator('tbody th').allInnerTexts(), ERROR_CODES)
  t.match(await page.locator('tr:target').innerText(), 'Authorization: Bearer <key>')
  t.same(complaints, [])
})

t.test('pages run what the service serves and nothing else, over plain HTTP and under any host name', async t => {
  const intranet = address.replace('127.0.0.1', INTRANET_HOST)
  for (const path of ['/', '/errors', '/docs']) {
    const { page } = await open(browser, intranet + path)
    const policy = (await (await page.reload())!.allHeaders())['content-security-policy'] ?? ''
    t.match(policy, "default-src 'self'", path)
    t.notMatch(policy, /unsafe-inline|unsafe-eval|https:|\*/, path)
    await page.locator({ '/': '#model:not(:empty)', '/errors': 'table', '/docs': '.opblock' }[path]!).first().waitFor()
    t.equal(await page.evaluate('getComputedStyle(document.body).margin') === '8px', false, `${path} has its style sheet`)
  }
})
