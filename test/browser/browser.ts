import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = [process.env.CHROMIUM, ...places].find((path) => path !== undefined && existsSync(path))

/** Nothing here downloads a browser. Without an installed one the tests are skipped, and their titles say so. */
export const hasBrowser = executablePath !== undefined
export const title = hasBrowser ? 'in Chromium' : 'in Chromium (skipped: no Chromium is installed)'

/** One browser for all tests of a file. Each page has its own context. */
export function openPages(): (url: string, options?: BrowserContextOptions) => Promise<Page> {
  let browser: Browser
  beforeAll(async () => {
    if (executablePath !== undefined) browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  }, 60_000)
  afterAll(() => browser?.close())

  return async (url, options = {}) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options })
    context.setDefaultTimeout(30_000)
    const page = await context.newPage()
    const wrong: string[] = []
    const { host } = new URL(url)
    page.on('pageerror', (error) => wrong.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) wrong.push(message.text())
    })
    page.on('request', (request) => {
      if (new URL(request.url()).host !== host) wrong.push(`A request went to ${request.url()}`)
    })
    onTestFinished(async () => {
      await context.close()
      expect(wrong, 'what the page complained about').toEqual([])
    })
    const follows = page.waitForResponse((response) => response.url().endsWith('/console/events'))
    follows.catch(() => {}) // the page on which somebody signs in follows no events
    await page.goto(url)
    if ((await page.locator('#lines').count()) > 0) await follows // an event before this is not sent to the page
    return page
  }
}

const axeSource = readFile(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

/** What axe-core finds wrong with the page as it is now, as sentences. */
export async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(await axeSource)
  const { violations: found } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run())
  return found.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html).join(' ')})`)
}
