// The interceptor with a warm token, over a dispatcher that does nothing: nanoseconds beyond the bare dispatch.
import { injectLoops } from '../support/inject-loops.js'
import { difference, takeTurns } from '../support/slices.js'

const [name, turns] = process.argv.slice(2)
const { loops, close } = await injectLoops(name)
const { base, floor, client } = await takeTurns(loops, { turns: Number(turns) })
console.log(JSON.stringify({ extra: difference(client, base), floor: difference(floor, base) }))
await close()
