import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe, { type AxeResults } from 'axe-core'
import t from 'tap'
import { evaluationPage } from '../../pipelines/evaluate/page/page.ts'
import { launchBrowser, noBrowser, open } from '../api/web/browser.ts'
import { evaluation } from './fake-evaluation.ts'

if (noBrowser) {
  console.error(`\n*** The report of an evaluation was NOT tested in a browser: ${noBrowser} ***\n`)
  if (process.env.CI === 'true') t.fail(`The report cannot be tested: ${noBrowser}`)
  else t.plan(0, noBrowser)
  process.exit()
}

const file = join(t.testdir(), 'evaluation.html')
await writeFile(file, evaluationPage(evaluation))
const browser = await launchBrowser()
t.teardown(() => browser.close())

for (const colorScheme of ['light', 'dark'] as const) {
  t.test(`the report needs nothing else, has no accessibility violation that axe knows of, and fits 320 pixels, in ${colorScheme}`, async t => {
    const { page, complaints } = await open(browser, pathToFileURL(file).href, { colorScheme, viewport: { width: 320, height: 640 } })
    const requests: string[] = []
    page.on('request', request => requests.push(request.url()))
    await page.reload()
    t.same(requests, [pathToFileURL(file).href])
    await page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    const { violations, passes } = await page.evaluate<AxeResults>(`${axe.source}; axe.run()`)
    t.same(violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`), [])
    t.ok(passes.some(({ id }) => id === 'color-contrast'), 'contrast was measured')
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), 320, 'nothing is cut off or needs sideways scrolling')
    t.same(complaints, [])
  })
}
