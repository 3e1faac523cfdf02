// Processor time of a request with a token of that client, over one with a constant header, in turns in one process.
import { requestRoad } from '../support/request-road.js'
import { ratio, takeTurns } from '../support/slices.js'

const [name, turns] = process.argv.slice(2)
const { constant, client, close } = await requestRoad(name)
const times = await takeTurns({ constant, client }, { turns: Number(turns), slice: 40 })
console.log(JSON.stringify({ over: ratio(times.client, times.constant) }))
await close()
