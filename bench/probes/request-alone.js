// Microseconds of processor time of a request, in a process that sends no others: `constant` or `client`.
import { requestRoad } from '../support/request-road.js'

const warmUp = 4000
const [name, sort, requests] = process.argv.slice(2)
const { [sort]: send, close } = await requestRoad(name)
await send(warmUp)
const before = process.cpuUsage()
await send(Number(requests))
const { user, system } = process.cpuUsage(before)
console.log(JSON.stringify((user + system) / Number(requests)))
await close()
