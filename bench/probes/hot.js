// A warm token: nanoseconds a call, beside an await of a resolved promise and beside the least that a client can do.

import { hotLoops } from '../support/hot-loops.js'
import { ratio, takeTurns } from '../support/slices.js'
import { median } from '../support/statistics.js'

const [name, turns] = process.argv.slice(2)
const { loops, close } = await hotLoops(name)
const { base, floor, client } = await takeTurns(loops, { turns: Number(turns) })
const result = { nanoseconds: median(client), overBase: ratio(client, base), overFloor: ratio(client, floor) }
console.log(JSON.stringify(result))
await close()
