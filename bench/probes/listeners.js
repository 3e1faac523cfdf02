// A warm call and a flight, with nobody listening beside one with a listener for everything. The flights need no network.
// And what a flight spends on channels that nobody subscribes to: it asks two of them whether somebody does.
import { channel, tracingChannel } from 'node:diagnostics_channel'
import { emptyClient } from '../support/filled-client.js'
import { ratio, takeTurns } from '../support/slices.js'
import { median } from '../support/statistics.js'

const turns = Number(process.argv[2])

const entrants = { quiet: emptyClient(), alike: emptyClient(), heard: emptyClient() } // two quiet ones show the noise
let events = 0
entrants.heard.on('*', () => events++)
await Promise.all(Object.values(entrants).map((tokens) => tokens.getToken()))

const warm = {}
const flights = {}
for (const [name, tokens] of Object.entries(entrants)) {
  const { awaitEach } = await import(`../support/loops.js?${name}`)
  let key = 0
  warm[name] = (count) => awaitEach(() => tokens.getToken(), count)
  flights[name] = (count) => awaitEach(() => tokens.getToken({ scope: `${name}-${key++}` }), count)
}
const result = {}
const requests = tracingChannel('service-token-client.request')
const refreshed = channel('service-token-client:refreshed')
const { callEach } = await import('../support/loops.js?channels')
const channels = (count) => callEach(() => requests.hasSubscribers || refreshed.hasSubscribers, count)
const { asked, flight } = await takeTurns({ asked: channels, flight: flights.quiet }, { turns })
result.channels = { nanoseconds: median(asked), ofFlight: ratio(asked, flight) }
for (const [what, loops] of Object.entries({ warm, flights })) {
  const { quiet, alike, heard } = await takeTurns(loops, { turns })
  result[what] = { alike: ratio(alike, quiet), heard: ratio(heard, quiet) }
}
console.log(JSON.stringify({ ...result, events }))
await Promise.all(Object.values(entrants).map((tokens) => tokens.close()))
