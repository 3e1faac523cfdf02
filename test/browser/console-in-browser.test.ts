import { describe, expect, test } from 'vitest'
import type { AuthorizationServerOptions } from '../../src/authorization-server/index.ts'
import { type AdminServer, adminServer } from '../authorization-server/admin.ts'
import { type Json, threeServices } from '../authorization-server/three-services.ts'
import { hasBrowser, openPages, title, violations } from './browser.ts'

const open = openPages()

/** A server whose clients have asked for some tokens. */
async function usedServer(options: Partial<AuthorizationServerOptions> = {}): Promise<AdminServer> {
  const server = await adminServer(options)
  await server.ask('shop')
  await server.ask('orders', { audience: 'billing', scope: 'charge' })
  await server.ask('billing')
  return server
}

/** `clients` callers, each of which may call three of `services`. */
function bigRegistry(clients: number, services: number) {
  const names = Array.from({ length: services }, (_, index) => `service-${index}`)
  return {
    services: Object.fromEntries(
      names.map((name) => [name, { audience: `https://${name}.internal`, scopes: { read: 'Read', write: 'Write' } }])
    ),
    clients: Array.from({ length: clients }, (_, index) => ({
      clientId: `client-${index}`,
      clientSecret: 'marker-secret',
      may: Object.fromEntries([0, 1, 2].map((step) => [names[(index + step) % services] ?? '', { scope: ['read'] }]))
    }))
  }
}

// On a busy machine, events and pages take their time.
describe.skipIf(!hasBrowser)(`the console ${title}`, { timeout: 60_000 }, () => {
  test('answers without a click who may call whom, who did, and what was refused', async () => {
    const { issuer, ask } = await usedServer()
    await ask('billing', { audience: 'orders', scope: 'place_order' })
    const page = await open(issuer)
    await expect.poll(() => page.locator('.matrix').innerText()).toMatch(/shop.*place_order ●/s)
    const row = page.getByRole('row', { name: /^orders/ })
    expect(await row.getByRole('cell').nth(0).innerText()).toMatch(/read_user ○\s+\(never used\)\s+role support ○/)
    expect(await row.getByRole('cell').nth(1).innerText()).toMatch(/charge ●\s+\(used\)\s+refund ○\s+\(never used\)/)
    expect(await row.getByRole('cell').nth(2).innerText()).toMatch(/^·\s+not allowed$/)
    expect(await page.locator('#lines').innerText()).toMatch(
      /billing → orders place_order refused: The client may not call orders\./
    )
    expect(await page.content()).not.toMatch(/marker-(shop|orders|billing|nobody)|eyJ/)
  })

  test('shows the consequence before a right is withdrawn, shows the next request refused, and can grant the right again', async () => {
    const { issuer, ask } = await usedServer()
    const page = await open(issuer)
    await page
      .getByRole('row', { name: /^billing/ })
      .getByRole('link', { name: 'read_user' })
      .click()
    await expect.poll(() => page.locator('#inspector').innerText()).toMatch(/billing → users\s.*1 valid token/s)
    await page.getByRole('button', { name: 'Withdraw…' }).click()
    const dialog = page.locator('dialog')
    await expect
      .poll(() => dialog.innerText())
      .toMatch(
        /billing gets no new tokens for users\. Services that verify tokens themselves still accept 1 token until ([\d/]+, )?[\d:]+\./
      )
    expect(await dialog.innerText()).toMatch(/All 3 valid tokens, of all clients, are refused as soon as/)
    await dialog.getByRole('button', { name: 'Withdraw' }).click()
    await page.locator('td.expiring', { hasText: 'read_user ◔' }).waitFor()
    await expect
      .poll(() => page.locator('#inspector').innerText())
      .toMatch(/Withdrawn.*1 valid token; the last one expires/s)

    expect(await ask('billing', { audience: 'users', scope: 'read_user' })).toMatchObject({ error: 'invalid_target' })
    await page
      .locator('#lines')
      .getByText(/refused: withdrawn at/)
      .waitFor()
    await page.getByRole('link', { name: 'Grant it again…' }).first().click()
    const box = page.getByRole('checkbox', { name: /read_user/ })
    await expect.poll(() => box.isChecked()).toBe(true)
    await page.getByRole('button', { name: 'Save…' }).click()
    await expect
      .poll(() => dialog.getByRole('row', { name: /no token/ }).innerText())
      .toMatch(/≠\s+differs:\s+no token\s+The client may not call users\.\s+—/)
    expect(await dialog.getByRole('row', { name: /scope/ }).innerText()).toMatch(/—\s+read_user/)
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('billing has not got a token since.').waitFor()
    expect(await ask('billing')).toMatchObject({ scope: 'read_user' })
    await page.getByText(/✓ Changed .*billing got a token with this change/).waitFor()
    expect(page.url()).not.toContain('propose')
  })

  test('counts down until the last token has ended', async () => {
    const { issuer, registry } = await usedServer({ accessTokenLifetime: 2500 })
    registry.withdraw('billing', 'users')
    const page = await open(`${issuer}/?c=billing&s=users`)
    await page.getByText('✓ None of its tokens is valid any more.').waitFor()
    await page.locator('td.withdrawn', { hasText: 'read_user ✕' }).waitFor()
  })

  test('undoes the last change, by the button and by the key', async () => {
    const { issuer, registry } = await usedServer()
    const page = await open(issuer)
    expect(await page.getByRole('button', { name: 'Undo' }).count()).toBe(0)
    registry.withdraw('billing', 'users')
    registry.withdraw('shop', 'orders')
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.locator('td.used', { hasText: 'place_order' }).waitFor()
    await expect
      .poll(() => page.locator('#toast').textContent())
      .toMatch(/shop may call orders: place_order\. It was withdrawn/)
    await page.keyboard.press('u')
    await page.locator('td.used', { hasText: 'read_user' }).waitFor()
  })

  test('changes scopes, roles and the lifetime of tokens together, and an update of the page does not overwrite what somebody is filling in', async () => {
    const { issuer, ask, registry } = await usedServer()
    const page = await open(`${issuer}/?c=orders&s=billing`)
    await page.getByRole('checkbox', { name: /refund/ }).uncheck()
    await page.getByRole('spinbutton').fill('600')
    registry.withdraw('shop', 'orders')
    await page.locator('td.expiring').waitFor()
    expect(await page.getByRole('checkbox', { name: /refund/ }).isChecked()).toBe(false)
    expect(await page.getByRole('spinbutton').inputValue()).toBe('600')
    await page.getByRole('button', { name: 'Save…' }).click()
    const differing = page.locator('dialog tr.differs')
    await expect
      .poll(() => differing.allInnerTexts())
      .toEqual([
        expect.stringMatching(/scope\s+charge refund\s+charge/),
        expect.stringMatching(/life\s+43200 s\s+600 s/)
      ])
    await page.locator('dialog').getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => registry.current.clients[1]?.accessTokenLifetime).toBe(600_000)
    expect(await ask('orders', { audience: 'billing' })).toMatchObject({ scope: 'charge', expires_in: 600 })
  })

  test('says why a change is refused, and changes nothing', async () => {
    const { issuer, registry } = await usedServer()
    const page = await open(`${issuer}/?c=orders&s=billing`)
    const before = registry.current
    await page.getByRole('spinbutton').fill('0.5')
    await page.locator('#inspector form').evaluate((form) => form.setAttribute('novalidate', ''))
    await page.getByRole('button', { name: 'Save…' }).click()
    await page.locator('#toast.bad', { hasText: 'is in milliseconds and must be at least 1000' }).waitFor()
    expect(registry.current).toBe(before)
  })

  test('disables a client, and enables it again', async () => {
    const { issuer, ask } = await usedServer()
    const page = await open(`${issuer}/?c=billing`)
    await page.getByRole('button', { name: 'Disable' }).click()
    await page.locator('#inspector', { hasText: 'This client is disabled and gets no tokens.' }).waitFor()
    expect(await ask('billing')).toMatchObject({ error: 'unauthorized_client' })
    await page.getByRole('button', { name: 'Enable' }).click()
    await page.locator('#inspector', { hasText: 'Enabled.' }).waitFor()
  })

  test('keeps the filters in the URL, so that a reload and the back button keep the view', async () => {
    const { issuer } = await usedServer()
    const page = await open(issuer)
    await page.getByLabel('Clients that may call').selectOption('users')
    await expect.poll(() => page.locator('.matrix').innerText()).not.toContain('shop')
    expect(page.url()).toContain('service=users')
    await page.getByRole('searchbox').fill('bill')
    await expect.poll(() => page.getByRole('row').count()).toBe(2)
    await page.reload()
    expect(await page.getByRole('searchbox').inputValue()).toBe('bill')
    expect(await page.getByRole('row').count()).toBe(2)
    await page.goBack()
    await expect.poll(() => page.getByRole('row').count()).toBe(3)
  })

  test('shows the same as a graph, whose arrows and boxes lead to the inspector', async () => {
    const { issuer, registry } = await usedServer()
    registry.withdraw('billing', 'users')
    const page = await open(issuer)
    await page.getByRole('link', { name: 'Graph' }).click()
    await page
      .getByRole('link', { name: 'orders may call billing: charge refund (used, 1 token)' })
      .locator('.hit')
      .click({ force: true })
    await page.locator('#inspector', { hasText: 'orders → billing' }).waitFor()
    expect(await page.locator('.line.unused').count()).toBe(1)
    expect(await page.locator('.cross').count()).toBe(1)
    await page.getByRole('link', { name: 'shop', exact: true }).click()
    await page.locator('#inspector', { hasText: 'May call' }).waitFor()
  })

  test('can be used with the keyboard alone', async () => {
    const { issuer } = await usedServer()
    const page = await open(issuer)
    const focused = () => page.evaluate<string>("document.activeElement.textContent.replace(/\\s+/g, ' ')")
    expect(await page.locator('.matrix td a[tabindex="0"]').count()).toBe(1)
    await page.locator('.matrix td a').first().focus()
    await page.keyboard.press('ArrowDown')
    expect(await focused()).toMatch(/users read_user/)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await page.locator('#inspector', { hasText: 'orders → billing' }).waitFor()
    expect(await focused()).toMatch(/billing charge/)
    await page.keyboard.press('Escape')
    await page.locator('#inspector', { hasText: 'Nothing selected' }).waitFor()
    await page.keyboard.press('?')
    await page.locator('dialog', { hasText: 'Filter by client' }).waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('/')
    expect(await page.evaluate('document.activeElement.id')).toBe('filter')
    await page.keyboard.type('u2')
    expect(await page.getByRole('searchbox').inputValue()).toBe('u2')
    await page
      .locator('.matrix, #overview .quiet')
      .first()
      .focus()
      .catch(() => {})
    await page.getByRole('searchbox').fill('')
    await page.locator('#pause').focus()
    await page.keyboard.press('2')
    await page.locator('svg.graph').waitFor()
    await page.keyboard.press('3')
    await page.getByRole('heading', { name: /faults to try/ }).waitFor()
  })

  test('holds new events back while the pointer is on them or they are paused, filters them, and keeps three hundred', async () => {
    const { issuer, ask, faults } = await usedServer()
    const page = await open(issuer)
    const lines = page.locator('#lines li')
    await expect.poll(() => lines.count()).toBe(3)
    await page.locator('#lines').hover()
    await ask('billing')
    await page.getByText('1 new').waitFor()
    expect(await lines.count()).toBe(3)
    await page.mouse.move(5, 5)
    await expect.poll(() => lines.count()).toBe(4)
    await page.getByRole('button', { name: 'Pause' }).click()
    await ask('billing')
    await page.getByText('1 new').waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await ask('billing', { scope: 'write_user' })
    await page.getByLabel('Show').selectOption('refused')
    await expect.poll(() => page.locator('#lines li:visible').count()).toBe(1)
    await page.getByLabel('Show').selectOption('all')
    for (let set = 0; set < 310; set++) faults.hang({ at: 'introspection', requests: 1 })
    await expect.poll(() => lines.count()).toBe(300)
  })

  test('steps through the faults: a banner names each while it is on, and the next step clears it', async () => {
    const { issuer, faults, ask } = await usedServer()
    const page = await open(`${issuer}/?view=faults`)
    await page.getByRole('link', { name: 'Start with the first' }).click()
    await page.locator('#step', { hasText: 'The server is down' }).waitFor()
    await page.getByRole('button', { name: 'Switch it on' }).click()
    await page.locator('#band', { hasText: '1 fault is on' }).waitFor()
    expect(await page.locator('#band').innerText()).toMatch(/down everywhere, until it is cleared/)
    await expect(ask('billing')).rejects.toThrow()
    await page.getByRole('button', { name: 'Clear it and continue' }).click()
    await page.locator('#step', { hasText: 'Every token takes two seconds' }).waitFor()
    expect(faults.active).toEqual([])
    await page.getByRole('button', { name: 'Switch it on' }).click()
    await page
      .locator('#band', { hasText: 'slow ms 2000 at the token endpoint' })
      .getByRole('button', { name: 'Clear' })
      .click()
    await expect.poll(() => page.locator('#band').innerText()).toBe('')
    expect(faults.active).toEqual([])
  })

  test('switches any fault on, for some requests at one endpoint', async () => {
    const { issuer, faults } = await usedServer()
    const page = await open(`${issuer}/?view=faults`)
    await page.locator('summary', { hasText: 'alter' }).click()
    const form = page.locator('details[open] form')
    await form.getByRole('textbox', { name: /^members/ }).fill('{"expires_in": "soon"}')
    await form.getByRole('combobox').selectOption('token')
    await form.getByLabel('for the next').fill('4')
    await form.getByLabel('on', { exact: false }).last().fill('50')
    await form.getByRole('button', { name: 'Switch on' }).click()
    await page.locator('#band', { hasText: 'for 4 more requests, on 50 % of them' }).waitFor()
    expect(faults.active).toMatchObject([
      { fault: 'alter', values: { members: { expires_in: 'soon' } }, at: 'token', requests: 4, probability: 0.5 }
    ])
    await form.getByRole('textbox', { name: /^members/ }).fill('no object')
    await form.getByRole('button', { name: 'Switch on' }).click()
    await page.locator('#toast.bad', { hasText: 'members of alter must be an object' }).waitFor()
  })

  test('tries a token: shows claims, verdicts and a curl command, and no secret', async () => {
    const { issuer } = await usedServer()
    const page = await open(`${issuer}/?c=orders&s=billing`)
    await page.getByRole('button', { name: 'Try a token' }).click()
    const dialog = page.locator('dialog')
    await dialog.getByText('✓ billing accepts it').waitFor()
    const text = await dialog.innerText()
    expect(text).toMatch(/aud\s+https:\/\/billing\.internal/)
    expect(text).toMatch(/✕ users refuses it: The token is for another audience\./)
    expect(text).toContain('client_secret=$CLIENT_SECRET')
    expect(await page.content()).not.toMatch(/marker-(shop|orders|billing|nobody)|eyJ/)
  })

  test('rotates the key', async () => {
    const { issuer, overview } = await usedServer()
    const { kid } = overview().key
    const page = await open(issuer)
    await page.getByRole('button', { name: 'Rotate key…' }).click()
    await page.getByLabel(/Remove it at once/).check()
    await page.locator('dialog').getByRole('button', { name: 'Rotate' }).click()
    await page.locator('#lines', { hasText: 'Tokens are signed with a new key.' }).waitFor()
    expect(overview().key.kid).not.toBe(kid)
  })

  test('exports what is shown', async () => {
    const { issuer } = await usedServer()
    const page = await open(`${issuer}/?service=users`)
    await page.getByText('Export').click()
    for (const [link, name] of [
      ['Graph, SVG', 'overview.svg'],
      ['Graph, Mermaid', 'overview.mmd'],
      ['Table, CSV', 'overview.csv'],
      ['registry.json', 'registry.json']
    ] as const) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: link }).click()
      ])
      expect(download.suggestedFilename()).toBe(name)
    }
  })

  test('shows how to register a client if there is none', async () => {
    const { issuer } = await adminServer({ registry: { clients: [] } })
    const page = await open(issuer)
    expect(await page.locator('main').innerText()).toMatch(/There are no clients yet.*"may": \{ "users"/s)
  })

  test('asks for the admin secret, and forgets it after signing out', async () => {
    const { issuer } = await usedServer({ adminSecret: 'marker-admin-secret-1' })
    const page = await open(issuer)
    await page.getByLabel('Admin secret').fill('wrong')
    await page.getByRole('button', { name: 'Open' }).click()
    await page.locator('#toast.bad', { hasText: 'The admin secret is wrong.' }).waitFor()
    await page.getByLabel('Admin secret').fill('marker-admin-secret-1')
    await page.getByRole('button', { name: 'Open' }).click()
    await page.locator('.matrix').waitFor()
    expect(await page.evaluate('document.cookie')).toBe('')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Admin secret').waitFor()
  })

  test('shows a name that contains HTML as text', async () => {
    const strange = '<img src=x onerror=alert(1)> "\'&'
    const registry = structuredClone(threeServices) as Json
    registry.clients[0].clientId = strange
    registry.services.users.scopes.read_user = '<script>alert(1)</script>'
    const { issuer } = await adminServer({ registry: registry as never })
    const page = await open(issuer)
    await page.getByRole('link', { name: strange }).click()
    await page.getByRole('heading', { name: strange }).waitFor()
    await page.getByRole('link', { name: 'Graph' }).click()
    await page.locator('svg.graph').waitFor()
    expect(await page.locator('img').count()).toBe(0)
  })

  test('reconnects when the server was away, and shows the events that it missed', async () => {
    const { issuer, faults, ask } = await usedServer()
    const page = await open(issuer)
    await expect.poll(() => page.locator('#lines li').count()).toBe(3)
    await page.context().setOffline(true)
    await ask('billing')
    faults.hang({ requests: 1, at: 'jwks' })
    await page.context().setOffline(false)
    await page.reload()
    await expect.poll(() => page.locator('#lines li').count()).toBe(5)
  })

  test('is readable with forty clients and twelve services, and usable with four hundred of each', async () => {
    const many = await adminServer({ registry: bigRegistry(40, 12) })
    const page = await open(many.issuer)
    expect(await page.getByRole('row').count()).toBe(41)
    const corner = page.locator('.corner')
    await page.locator('.scroll').evaluate((scroll) => scroll.scrollTo(300, 300))
    const [head, scroll] = [await corner.boundingBox(), await page.locator('.scroll').boundingBox()]
    expect(Math.abs((head?.y ?? 0) - (scroll?.y ?? 0))).toBeLessThan(3)
    expect(Math.abs((head?.x ?? 0) - (scroll?.x ?? 0))).toBeLessThan(3)
    await page.getByLabel('compact').check()
    await page.locator('.compact').waitFor()

    const { issuer } = await adminServer({ registry: bigRegistry(400, 400) })
    const big = await open(issuer)
    expect(await big.getByRole('row').count()).toBe(101)
    expect(await big.getByRole('columnheader').count()).toBe(25)
    await big.getByRole('link', { name: 'next →' }).first().click()
    await big.getByRole('link', { name: 'client-100', exact: true }).waitFor()
    await big.getByRole('searchbox').fill('client-399')
    await expect.poll(() => big.getByRole('row').count()).toBe(2)
  })

  test('at 360 pixels the table is a list for each caller, and nothing sticks out', async () => {
    const { issuer } = await usedServer()
    const page = await open(issuer, { viewport: { width: 360, height: 740 } })
    expect(await page.locator('.matrix').innerText()).toMatch(/orders\s+users\s+read_user ○/)
    for (const query of ['', '?c=orders&s=billing', '?view=faults&way=2', '?c=orders'])
      expect(
        await (await open(`${issuer}/${query}`, { viewport: { width: 360, height: 740 } })).evaluate(
          'document.documentElement.scrollWidth'
        )
      ).toBeLessThanOrEqual(360)
    expect(await violations(page)).toEqual([])
  })

  test.each(['light', 'dark'] as const)(
    'axe finds nothing wrong with it (%s)',
    async (colorScheme) => {
      const { issuer, registry, faults, ask } = await usedServer()
      registry.withdraw('billing', 'users')
      await ask('billing', { audience: 'users', scope: 'read_user' })
      faults.slow(1)
      const page = await open(issuer, { colorScheme })
      for (const query of [
        '',
        '?view=graph',
        '?view=faults&way=3',
        '?c=orders&s=users',
        '?c=orders',
        '?s=users',
        '?compact=1',
        '?client=nobody-at-all'
      ]) {
        await page.goto(`${issuer}/${query}`)
        expect(await violations(page), query).toEqual([])
      }
      await page.goto(`${issuer}/?c=orders&s=users`)
      for (const name of ['Save…', 'Withdraw…', 'Try a token', 'Rotate key…', 'Shortcuts ?']) {
        await page.getByRole('button', { name }).click()
        await page.locator('dialog h2').waitFor()
        expect(await violations(page), name).toEqual([])
        await page.keyboard.press('Escape')
      }
      const empty = await adminServer({ registry: { clients: [] } })
      expect(await violations(await open(empty.issuer, { colorScheme }))).toEqual([])
      const closed = await adminServer({ adminSecret: 'marker-admin-secret-1' })
      expect(await violations(await open(closed.issuer, { colorScheme }))).toEqual([])
    },
    180_000
  )
})
