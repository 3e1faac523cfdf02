// A warm token of one of many scopes, which the call names: nanoseconds a call, beside the least that a client of many scopes can do.
import { filledClient, scopesOf } from '../support/filled-client.js'
import { ratio, takeTurns } from '../support/slices.js'
import { median } from '../support/statistics.js'
import { makeToken } from '../support/token.js'

const [keys, turns] = process.argv.slice(2).map(Number)
const life = 43_200
const stride = 7919 // tenants come in no order
const scopes = scopesOf(keys)

/** A promise that is made once for each scope, and one clock reading to know whether it still holds. */
const kept = new Map(
  scopes.map((scope, serial) => {
    const token = makeToken({ serial, life })
    return [scope, { promise: Promise.resolve(token), freshUntil: Date.now() + life * 500 }]
  })
)

function leastToken({ scope }) {
  const { promise, freshUntil } = kept.get(scope)
  if (Date.now() >= freshUntil) throw new Error('The floor has no token.')
  return promise
}

const tokens = await filledClient(scopes)

const calls = { floor: leastToken, client: (options) => tokens.getToken(options) }
const loops = {}
for (const [entrant, call] of Object.entries(calls)) {
  const { awaitEach } = await import(`../support/loops.js?${entrant}`)
  let turn = 0
  const next = () => {
    turn = (turn + stride) % keys
    return call({ scope: scopes[turn] })
  }
  loops[entrant] = (count) => awaitEach(next, count)
}
const { floor, client } = await takeTurns(loops, { turns })
console.log(JSON.stringify({ nanoseconds: median(client), overFloor: ratio(client, floor) }))
await tokens.close()
