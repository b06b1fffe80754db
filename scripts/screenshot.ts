import { chromium } from 'playwright-core'
import { buildApp } from '../api/app.ts'
import { readConfig } from '../api/config.ts'
import { Classifier } from '../api/inference/classifier.ts'
import { createMetrics } from '../api/metrics.ts'
import { ServiceState } from '../api/service-state.ts'
import { fetchByAlias, openModelStore } from '../model-store/open.ts'

/**
 * Writes `docs/images/page.png`, the page with a German example classified: `npm run build && node dist/scripts/screenshot.js`.
 * Needs Chromium at `CHROMIUM` or `/usr/bin/chromium`.
 */
const FILE = 'docs/images/page.png'
const WARMUPS = 20

const config = readConfig({ LOG_LEVEL: 'silent', PORT: '0', INFERENCE_WORKERS: '1' })
const metrics = createMetrics()
const classifier = await Classifier.start({
  model: await fetchByAlias(openModelStore(config.MODEL_STORE_URL), config.MODEL_NAME, config.MODEL_ALIAS),
  workers: config.INFERENCE_WORKERS,
  maxQueue: config.MAX_QUEUE,
  hangMs: config.WORKER_HANG_MS,
  observer: metrics.observer
})
const app = await buildApp({ config, classifier, metrics, serviceState: new ServiceState() })
const address = await app.listen({ host: config.HOST, port: config.PORT })
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage']
})
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 }, locale: 'de-DE', reducedMotion: 'reduce', colorScheme: 'light' })
  await page.goto(address)
  // Not the first one: the time it takes says nothing.
  for (let warmup = 0; warmup < WARMUPS; warmup++) await page.request.post(`${address}/classify`, { data: { text: 'Guten Tag' } })
  await page.getByRole('button', { name: 'Bohrmaschine' }).click()
  await page.locator('#result[data-tone="classified"]').waitFor()
  await page.mouse.move(0, 0)
  await page.screenshot({ path: FILE })
  console.log(FILE)
} finally {
  await browser.close()
  await app.close()
  await classifier.close(0)
}
