// npm run fleet: the simulated fleets of docs/fleet.md, as a table on the terminal and as plots in docs.
import { writeFile } from 'node:fs/promises'
import { simulateFleet } from '../dist/fleet/index.js'
import { plot } from './plot.js'
import { table } from './table.js'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const instances = 100_000

const rollouts = {
  'without a store': { instances },
  'without a store, wide first draw': { instances, draw: 'wide' },
  'with a store': { instances, store: {} }
}
const duration = 36 * hour
const reports = Object.entries(rollouts).map(([name, fleet]) => [name, simulateFleet({ ...fleet, duration })])

const outage = { at: 13 * hour, duration: 2 * hour }
const outages = Object.entries({
  'tokens of 12 h': { lifetime: 12 * hour },
  'tokens of 6 h': { lifetime: 6 * hour },
  'tokens of 1 h': { lifetime: hour }
}).map(([name, fleet]) => [name, simulateFleet({ instances, ...fleet, outage, duration: 20 * hour })])

console.log(table(`${instances} instances, rolled out within a minute`, reports))
console.log(table(`${instances} instances, the server down for two hours`, outages))

const docs = new URL('../docs/', import.meta.url)
const rollout = { title: 'Token requests a second after a rollout of 100,000 instances', step: 600, hours: 36 }
const down = { title: 'Token requests a second, server down from hour 13 to 15', step: 300, hours: 20 }
await writeFile(new URL('fleet-rollout.svg', docs), plot(rollout, reports))
await writeFile(new URL('fleet-outage.svg', docs), plot(down, outages))
