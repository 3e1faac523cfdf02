// The life of service tokens, on real HTTP: an authorization server, a users service that checks tokens, an orders service that needs users.
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import { startAuthorizationServer } from 'service-token-client/authorization-server'
import { connect } from './client.js'
import { startOrders } from './orders.js'
import { waiting, withoutCache } from './others.js'
import { tally } from './tally.js'
import { burst, call, traffic } from './traffic.js'
import { startUsers } from './users.js'

const second = 1000
const named = (clientId) => ({ clientId, clientSecret: `demo secret of ${clientId}` })
const [ours, first, other] = ['orders', 'without-cache', 'waits-at-the-end'].map(named)

const authorizationServer = await startAuthorizationServer({
  clients: [ours, first, other].map((client) => ({ ...client, scope: ['read_user'], audience: ['users'] })),
  accessTokenLifetime: 12 * second
})
const { issuer, tokenEndpoint, faults, requests } = authorizationServer
const users = await startUsers(authorizationServer)
const { tokens, callUsers } = connect({ issuer, credentials: ours, users })
const cacheless = withoutCache({ tokenEndpoint, credentials: first })
const waiter = waiting({ tokenEndpoint, credentials: other })
const clients = [{ callUsers }, cacheless, waiter]
const services = await Promise.all(clients.map(({ callUsers }) => startOrders({ callUsers, users })))
const [orders] = services
const counts = tally()
const tokenRequests = () => requests.count('token') - cacheless.requests() - waiter.requests()
const requestsOfOthers = () => [cacheless.requests(), waiter.requests()]

const seen = { refreshed: 0, 'refresh-failed': 0, rejected: 0, expired: 0 }
const why = {
  first: 'there was none',
  due: 'it was time for the next, and the one before it still works',
  expired: 'the one before it had ended',
  rejected: 'the one before it was refused'
}
tokens.on('*', (name) => seen[name]++)
tokens.on('refreshed', ({ serial, reason }) => say(`token ${serial} has come: ${why[reason]}`))
tokens.on('refresh-failed', ({ error, serial }) =>
  say(`a refresh failed (${error.code}); calls go on with token ${serial}, which still works`)
)
tokens.on('rejected', ({ serial, status, error }) => say(`token ${serial} was answered ${status} ${error}`))

function scene(title) {
  console.log(`\n${title}`)
}

function say(sentence) {
  console.log(`  ${sentence}`)
}

console.log('An authorization server, a users service and an orders service on this machine.')
console.log('Tokens usually live for 12 hours. Here they live for 12 seconds: a second stands for an hour.')
console.log('Each is refreshed early enough that the authorization server may be down for six of them.')
console.log('\nThis is all that the orders service has to write (demo/client.js):\n')
console.log((await readFile(new URL('client.js', import.meta.url), 'utf8')).replace(/^/gm, '    ').trimEnd())
console.log(
  '\nTwo other clients play along for comparison (demo/others.js): one has no cache, one waits at the end of each token.'
)

scene('1. A thousand callers at once, and no token yet')
const crowd = (getToken) => Promise.all(Array.from({ length: 1000 }, () => getToken()))
const callers = await crowd(tokens.getToken)
counts.exactly('callers at once that got a token', callers.length, 1000)
await crowd(cacheless.getToken)
await crowd(waiter.getToken)
say(`${callers.length} callers got a token with ${tokenRequests()} token request`)
counts.exactly('token requests they made', tokenRequests(), 1, requestsOfOthers())

scene('2. Calls go on while tokens are refreshed ahead of their end')
const before = [tokenRequests(), ...requestsOfOthers()]
const [ahead, ...calm] = await traffic(services, {
  enough: () => users.tokensOf(ours.clientId) >= 3,
  limit: 25 * second
})
say(`${ahead.calls} calls with ${users.tokensOf(ours.clientId)} tokens, ${ahead.failed} failed`)
counts.atLeast('tokens used by the calls until here', users.tokensOf(ours.clientId), 3)
const [meanwhile, ...ofOthers] = [tokenRequests(), ...requestsOfOthers()].map((count, index) => count - before[index])
counts.atLeast('token requests for these calls', meanwhile, 2, ofOthers)
counts.exactly(
  'failed calls while tokens were refreshed',
  ahead.failed,
  0,
  calm.map(({ failed }) => failed)
)

scene('3. The authorization server goes down, two seconds before the token of the waiting client ends')
await traffic(services, { enough: () => Date.now() > waiter.endsAt() - 2 * second, limit: 15 * second })
faults.down()
const outage = await traffic(services, { enough: () => false, limit: 5 * second })
faults.clear()
const served = seen.refreshed
const recovery = await traffic(services, { enough: () => seen.refreshed > served, limit: 10 * second })
const failed = services.map((_, index) => outage[index].failed + recovery[index].failed)
say(`after 5 s it is back; ${outage[0].calls + recovery[0].calls} calls meanwhile, ${failed[0]} failed`)
counts.exactly('failed calls while it was down', failed[0], 0, failed.slice(1))
counts.atLeast('tokens after it came back', seen.refreshed - served, 1)
counts.exactly('tokens that ended before the next one came', seen.expired, 0)

scene('4. The users service refuses tokens that are still good: revoked')
await sleep(second)
const asked = tokenRequests()
for (const client of [tokens, waiter]) users.revoke(decodeJwt((await client.getToken()).value).jti)
const [well, ...revoked] = await burst(services)
say(`of 50 calls at once ${well.calls - well.failed} were answered 200, with ${tokenRequests() - asked} token request`)
counts.exactly(
  'failed calls with the revoked token',
  well.failed,
  0,
  revoked.map((some) => some.failed)
)
counts.exactly('token requests for the revoked token', tokenRequests() - asked, 1)

scene('5. A call that needs another scope')
const askedBefore = tokenRequests()
const { status, reason } = await call(orders, 'DELETE')
say(`the caller got ${status}: ${reason}`)
counts.exactly('status of a call that lacks its scope', status, 403)
counts.exactly('token requests for the missing scope', tokenRequests() - askedBefore, 0)

await tokens.close()
await Promise.all([...services, users, authorizationServer].map((service) => service.close()))

scene('The counts, beside those of the two other clients')
if (!counts.print()) process.exitCode = 1
