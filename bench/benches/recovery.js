import { besidePeers } from '../support/probe.js'
import { summary } from '../support/statistics.js'
import { atMost, spread } from '../support/verdict.js'

const peers = ['smithy', 'google', 'simple-oauth2', 'badgateway', 'auth0', 'undici-oidc', 'xssec', 'msal']

export const title = 'No token and 3 s of 503 under 100 calls a second: the first token after that'

export async function run({ quick }) {
  const rows = []
  const verdicts = []
  const runsOf = (name) => (name === 'ours' ? 20 : 3)
  const results = await besidePeers('recovery', quick ? ['smithy'] : peers, (name) => [name, runsOf(name)])
  for (const [name, { runs }] of results) {
    const times = summary(runs.map(({ milliseconds }) => milliseconds ?? Number.POSITIVE_INFINITY))
    const requests = summary(runs.map((result) => result.requests))
    rows.push([name, spread(times, ' ms'), spread(requests)])
    if (name !== 'ours') continue
    verdicts.push(atMost('first token after the outage', times.median, 1500, ' ms'))
    verdicts.push(atMost('token requests during the outage', Math.max(...runs.map((result) => result.requests)), 10))
  }
  return { columns: ['client', 'first token', 'token requests meanwhile'], rows, verdicts }
}
