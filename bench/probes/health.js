// What a probe costs a client of many keys: health(), its state alone, and a call for a key that pushes another one out.
import { filledClient, scopesOf } from '../support/filled-client.js'
import { ratio, takeTurns } from '../support/slices.js'
import { median } from '../support/statistics.js'

const keys = 10_000 // the most that a client keeps
const turns = Number(process.argv[2])
let serial = 0

async function loopOf(entrant, call) {
  const { callEach } = await import(`../support/loops.js?${entrant}`)
  return (count) => callEach(call, count)
}

async function coldLoopOf(entrant, tokens) {
  const { awaitEach } = await import(`../support/loops.js?${entrant}`)
  return (count) => awaitEach(() => tokens.getToken({ scope: `new-${++serial}` }), count)
}

process.removeAllListeners('warning') // of the many keys
const few = await filledClient(scopesOf(1))
const many = await filledClient(scopesOf(keys))
const { health } = await takeTurns({ health: await loopOf('health', () => many.health()) }, { turns })
const state = await takeTurns(
  { few: await loopOf('few', () => few.state), many: await loopOf('many', () => many.state) },
  { turns }
)
const another = await filledClient(scopesOf(1)) // it has room for all that come
const cold = await takeTurns(
  { room: await coldLoopOf('room', another), full: await coldLoopOf('full', many) },
  { turns, slice: 1 }
)
console.log(
  JSON.stringify({
    health: { least: Math.min(...health) / 1e6, median: median(health) / 1e6 },
    state: { nanoseconds: median(state.many), overOne: ratio(state.many, state.few) },
    pushedOut: { overRoom: ratio(cold.full, cold.room) }
  })
)
await few.close()
await another.close()
await many.close()
