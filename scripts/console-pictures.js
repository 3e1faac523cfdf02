// Draws the pictures of docs/authorization-server.md: the page as it is built, in a browser that is installed. Run it after `npm run build`.
import { writeFile } from 'node:fs/promises'
import { chromium } from 'playwright-core'
import { createTokenClient } from 'service-token-client'
import { readRegistry, startAuthorizationServer } from 'service-token-client/authorization-server'

const registry = await readRegistry(new URL('../examples/three-services/registry.json', import.meta.url))
const server = await startAuthorizationServer({ registry, port: 9400 })
const docs = (name) => new URL(`../docs/${name}`, import.meta.url)

async function ask(clientId, audience, scope) {
  const { clientSecret } = registry.clients.find((client) => client.clientId === clientId)
  const tokens = createTokenClient({ issuer: server.issuer, clientId, clientSecret })
  await tokens.getToken({ audience, scope: [scope], maxWait: 2000 }).catch(() => {})
  await tokens.close()
}

await ask('shop', 'orders', 'place_order')
await ask('orders', 'users', 'read_user')
await ask('billing', 'users', 'read_user')
server.registry.withdraw('billing', 'users')
await ask('billing', 'users', 'read_user')

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox']
})
async function picture(name, query, { height, colorScheme = 'light', before = async () => {} }) {
  const page = await browser.newPage({ viewport: { width: 1200, height }, colorScheme })
  await page.goto(`${server.page}${query}`)
  await before(page)
  await page.screenshot({ path: docs(name).pathname })
  await page.close()
}

await picture('console-table.png', '?c=orders&s=users', { height: 560 })
await picture('console-withdraw.png', '?c=orders&s=users', {
  height: 480,
  before: async (page) => {
    await page.getByRole('button', { name: 'Withdraw…' }).click()
    await page.locator('dialog h2').waitFor()
  }
})
server.faults.slow(2000)
await picture('console-faults.png', '?view=faults&way=2', { height: 480, colorScheme: 'dark' })
await writeFile(docs('console-graph.svg'), await (await fetch(`${server.page}console/overview.svg`)).text())
await browser.close()
await server.close()
