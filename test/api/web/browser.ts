import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, type Page, chromium } from 'playwright-core'
import { buildApp } from '../../../api/app.ts'
import { readConfig } from '../../../api/config.ts'
import { Classifier } from '../../../api/inference/classifier.ts'
import { createMetrics } from '../../../api/metrics.ts'
import { ServiceState } from '../../../api/service-state.ts'
import { fetchByAlias, openModelStore } from '../../../model-store/open.ts'

/** What the tests of the page need: the service as production builds it, and a real browser. */

/** A name that the browser takes for 127.0.0.1, and for no secure context: as an intranet without TLS. */
export const INTRANET_HOST = 'inquiries.test'

const executablePath = process.env.CHROMIUM || '/usr/bin/chromium'

/** Why there is no browser; nothing when there is one. */
export const noBrowser = existsSync(executablePath)
  ? undefined
  : `no Chromium at ${executablePath}: set CHROMIUM, or run apt-get install -y chromium`

export async function launchBrowser (): Promise<Browser> {
  return await chromium.launch({
    executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--no-proxy-server', `--host-resolver-rules=MAP ${INTRANET_HOST} 127.0.0.1`]
  })
}

export interface Service {
  /** Serves another app with the same model, on a free port. */
  readonly serve: (environment?: Record<string, string>) => Promise<string>
  readonly close: () => Promise<void>
}

export async function startService (): Promise<Service> {
  const defaults = readConfig({})
  const metrics = createMetrics()
  const classifier = await Classifier.start({
    model: await fetchByAlias(openModelStore(defaults.MODEL_STORE_URL), defaults.MODEL_NAME, defaults.MODEL_ALIAS),
    workers: 1,
    maxQueue: defaults.MAX_QUEUE,
    hangMs: defaults.WORKER_HANG_MS,
    observer: metrics.observer
  })
  const closing: Array<() => Promise<void>> = []
  return {
    async serve (environment = {}) {
      const config = readConfig({ LOG_LEVEL: 'silent', ...environment })
      const app = await buildApp({ config, classifier, metrics, serviceState: new ServiceState() })
      closing.push(() => app.close())
      return await app.listen({ host: '127.0.0.1', port: 0 })
    },
    async close () {
      await Promise.all(closing.map(close => close()))
      await classifier.close(0)
    }
  }
}

export interface OpenPage {
  readonly page: Page
  /** What the browser complained of: errors, refused or missing resources, violations of the content security policy. */
  readonly complaints: string[]
}

/** Opens an address in a browser of its own: without cookies, storage or cache of another test. */
export async function open (browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', ...options })
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', message => { if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} (${message.location().url})`) })
  page.on('pageerror', error => complaints.push(String(error)))
  await page.addInitScript("document.addEventListener('securitypolicyviolation', event => console.error('policy violation: ' + event.effectiveDirective))")
  await page.goto(url)
  return { page, complaints }
}
