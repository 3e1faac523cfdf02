// The life of service tokens, on real HTTP: an authorization server, a users service that checks tokens, an orders service that needs users.
import { decodeJwt } from 'jose'
import { createTokenClient } from 'service-token-client'
import { startAuthorizationServer } from 'service-token-client/authorization-server'
import { startOrders } from './orders.js'
import { tally } from './tally.js'
import { call, traffic } from './traffic.js'
import { startUsers } from './users.js'

const second = 1000
const credentials = { clientId: 'order-service', clientSecret: 'demo-secret-of-the-order-service' }

const authorizationServer = await startAuthorizationServer({
  clients: [{ ...credentials, scope: ['read_user'], audience: ['users'] }],
  accessTokenLifetime: 12 * second
})
const users = await startUsers(authorizationServer)
const tokens = createTokenClient({
  issuer: authorizationServer.issuer,
  ...credentials,
  scope: ['read_user'],
  refresh: { surviveOutage: 6 * second }
})
const orders = await startOrders({ tokens, users })
const counts = tally()
const tokenRequests = () => authorizationServer.requests.count('token')

const seen = { refreshed: 0, 'refresh-failed': 0, rejected: 0, expired: 0 }
let refused = 0
tokens.on('*', (name) => seen[name]++)
tokens.on('refreshed', ({ serial, reason }) => say(`token ${serial} is here (${reason})`))
tokens.on('refresh-failed', ({ error, serial }) => say(`a refresh failed (${error.code}); token ${serial} serves on`))
tokens.on('rejected', ({ serial, status, error }) => {
  if (serial !== refused) say(`token ${serial} was answered ${status} ${error}`)
  refused = serial
})

function scene(title) {
  console.log(`\n${title}`)
}

function say(sentence) {
  console.log(`  ${sentence}`)
}

function times(count) {
  return count === 1 ? 'once' : `${count} times`
}

console.log('An authorization server, a users service and an orders service on this machine.')
console.log('Tokens usually live for 12 hours. Here they live for 12 seconds: a second stands for an hour.')
console.log('Each is refreshed early enough that the authorization server may be down for six of them.')

scene('1. Ten thousand callers at once, and no token yet')
const callers = await Promise.all(Array.from({ length: 10_000 }, () => tokens.getToken()))
say(`${callers.length} callers got a token; the authorization server was asked ${times(tokenRequests())}`)
counts.exactly('callers at once that got a token', callers.length, 10_000)
counts.exactly('token requests they made', tokenRequests(), 1)

scene('2. Calls go on while tokens are refreshed ahead of their end')
const ahead = await traffic(orders, { enough: () => seen.refreshed >= 3, limit: 20 * second })
say(`${ahead.calls} calls with ${users.tokensSeen()} tokens, ${ahead.failed} failed`)
counts.atLeast('tokens used by these calls', users.tokensSeen(), 2)
counts.exactly('failed calls while tokens were refreshed', ahead.failed, 0)

scene('3. The authorization server goes down')
const outageBegan = Date.now()
authorizationServer.faults.down()
const outage = await traffic(orders, { enough: () => seen['refresh-failed'] >= 2, limit: 6 * second })
authorizationServer.faults.clear()
say(`after ${((Date.now() - outageBegan) / second).toFixed(1)} s it is back`)
const served = seen.refreshed
const recovery = await traffic(orders, { enough: () => seen.refreshed > served, limit: 6 * second })
say(`${outage.calls + recovery.calls} calls until the next token, ${outage.failed + recovery.failed} failed`)
counts.atLeast('refreshes that failed while it was down', seen['refresh-failed'], 1)
counts.exactly('failed calls while it was down', outage.failed + recovery.failed, 0)
counts.atLeast('tokens after it came back', seen.refreshed - served, 1)

scene('4. The users service refuses a token that is still good: revoked')
const before = tokenRequests()
users.revoke(decodeJwt((await tokens.getToken()).value).jti)
const answers = await Promise.all(Array.from({ length: 50 }, () => call(orders)))
const well = answers.filter(({ status }) => status === 200).length
say(
  `of 50 calls at once ${well} were answered 200; the authorization server was asked ${times(tokenRequests() - before)}`
)
counts.exactly('calls with the revoked token answered 200', well, 50)
counts.exactly('token requests for the revoked token', tokenRequests() - before, 1)

scene('5. A call that needs another scope')
const asked = tokenRequests()
const { status, reason } = await call(orders, 'DELETE')
say(`the caller got ${status}: ${reason}`)
counts.exactly('status of a call that lacks its scope', status, 403)
counts.exactly('token requests for the missing scope', tokenRequests() - asked, 0)
counts.exactly('tokens that ended before the next one came', seen.expired, 0)

await tokens.close()
await Promise.all([orders.close(), users.close(), authorizationServer.close()])

scene('The counts')
if (!counts.print()) process.exitCode = 1
