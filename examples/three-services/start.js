// Three services that call each other, each with tokens of its own, and verify what they get: `node examples/three-services/start.js`
import { createTokenClient } from 'service-token-client'
import { readRegistry, startAuthorizationServer } from 'service-token-client/authorization-server'
import { startBilling } from './billing.js'
import { startOrders } from './orders.js'
import { startUsers } from './users.js'

const registry = await readRegistry(new URL('registry.json', import.meta.url))
const authorizationServer = await startAuthorizationServer({ registry })
const { issuer } = authorizationServer

/** The token client of one of the three; of another issuer, for the calls that must fail. */
function tokenClient(clientId, from = issuer) {
  const { clientSecret } = registry.clients.find((client) => client.clientId === clientId)
  return createTokenClient({ issuer: from, clientId, clientSecret })
}

const tokens = Object.fromEntries(registry.clients.map(({ clientId }) => [clientId, tokenClient(clientId)]))
const users = await startUsers({ issuer })
const billing = await startBilling({ issuer, users, tokens: tokens.billing })
const orders = await startOrders({ issuer, users, billing, tokens: tokens.orders })
console.log(
  `authorization server ${issuer}\nusers ${users.origin}  billing ${billing.origin}  orders ${orders.origin}\n`
)

let failed = 0
function check(what, got, expected) {
  const right = JSON.stringify(got) === JSON.stringify(expected)
  if (!right) failed++
  console.log(`${right ? 'ok  ' : 'FAIL'} ${what}: ${got.join(' ')}${right ? '' : ` (expected ${expected.join(' ')})`}`)
}

/** A call with a token of this client. */
async function call(client, request, method, url) {
  const fetchWithToken = client.createFetch({ origins: [new URL(url).origin], ...request })
  return said(await fetchWithToken(url, { method }))
}

/** The same with a token that was asked for by hand: the client does not see that it goes to the wrong place. */
async function callByHand(client, request, method, url) {
  const { authorization } = await client.getToken(request)
  return said(await fetch(url, { method, headers: { authorization } }))
}

async function said(response) {
  await response.arrayBuffer()
  return [response.status, response.headers.get('www-authenticate')].filter((part) => part !== null)
}

/** The next call of this client gets a new token, as it would after the end of the old one. */
async function renew(client, request) {
  client.invalidate(await client.getToken(request))
}

const placeOrder = () => call(tokens.shop, { audience: 'orders' }, 'POST', `${orders.origin}/orders`)
const toUsers = { scope: 'read_user', audience: 'users' }
const readUser = (client) => call(client, toUsers, 'GET', `${users.origin}/users/42`)
const writeUser = () => call(tokens.orders, toUsers, 'PUT', `${users.origin}/users/42`)
const invalid = (realm) => [401, `Bearer realm="${realm}", error="invalid_token"`]

check('an order goes through all three services', await placeOrder(), [201])
check('orders may read users', await readUser(tokens.orders), [200])
check('orders may not write users: the answer names the scope', await writeUser(), [
  403,
  'Bearer realm="users", scope="write_user", error="insufficient_scope"'
])
check(
  'a token for billing is none for users',
  await callByHand(tokens.orders, { scope: 'charge', audience: 'billing' }, 'GET', `${users.origin}/users/42`),
  invalid('users')
)
check(
  'a token for users is none for billing',
  await callByHand(tokens.orders, toUsers, 'POST', `${billing.origin}/invoices`),
  invalid('billing')
)
check('no token is no entry', [(await fetch(`${users.origin}/users/42`)).status], [401])

const strangers = await startAuthorizationServer({ registry })
const strange = tokenClient('orders', strangers.issuer)
check('a token of another issuer does not count', await readUser(strange), invalid('users'))

const forgers = await startAuthorizationServer({ registry, issuer })
const forged = createTokenClient({
  tokenEndpoint: forgers.tokenEndpoint,
  clientId: 'orders',
  clientSecret: 'orders, on this machine'
})
check(
  'a token in the name of the issuer, signed with another key, does not count',
  await readUser(forged),
  invalid('users')
)

console.log('\nan administrator gives orders the role of support')
authorizationServer.registry.allow('orders', 'users', { scope: ['read_user'], roles: ['support'] })
check('the token in hand is what it was', await writeUser(), [
  403,
  'Bearer realm="users", scope="write_user", error="insufficient_scope"'
])
await renew(tokens.orders, toUsers)
check('with the next token orders may write users', await writeUser(), [200])

console.log('\nan administrator withdraws the access of billing')
await tokens.billing.refresh(toUsers) // so that its token has a whole life before it, however long all this has taken
const ended = new Promise((resolve) => tokens.billing.on('expired', resolve))
authorizationServer.registry.withdraw('billing', 'users')
check('billing goes on until its token ends', await placeOrder(), [201])
await ended
check('then it gets no other one, and orders end there', await placeOrder(), [502])
check('orders itself is served as before', await readUser(tokens.orders), [200])

const services = [users, billing, orders]
const seen = services.flatMap((service) => service.seen()).toSorted()
const used = authorizationServer.overview().edges.filter(({ tokens: count }) => count > 0)
check(
  'the authorization server knows who called whom, as the services saw it',
  used.map(({ clientId, service }) => `${clientId} → ${service}`).toSorted(),
  seen.map(([edge]) => edge)
)

/** The calls of one client that were answered, as `caller → service` and how often. */
function answered({ clientId, entries }) {
  return services.flatMap(({ name, origin }) => {
    const calls = entries.filter((entry) => entry.origin === origin).map((entry) => entry.calls - entry.refused)
    const sum = calls.reduce((one, other) => one + other, 0)
    return sum > 0 ? [[`${clientId} → ${name}`, sum]] : []
  })
}

const inventories = Object.values(tokens).map((client) => client.inventory())
check("the clients' inventories count what the services saw", inventories.flatMap(answered).toSorted(), seen)
console.log(`\n${inventories.find(({ clientId }) => clientId === 'orders')}`)

await Promise.all([strange, forged, ...Object.values(tokens)].map((client) => client.close()))
await Promise.all([users, billing, orders, authorizationServer, strangers, forgers].map((service) => service.close()))
console.log(failed === 0 ? '\nall as it should be' : `\n${failed} not as it should be`)
process.exitCode = failed === 0 ? 0 : 1
