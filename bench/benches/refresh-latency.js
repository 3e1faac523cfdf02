import { besidePeers } from '../support/probe.js'
import { atMost, exactly, rounded } from '../support/verdict.js'

const peers = ['smithy', 'google', 'simple-oauth2', 'badgateway', 'auth0', 'undici-oidc', 'xssec', 'msal']

export const title = '200 calls a second; a refresh is due every 5 s and takes 300 ms'

export async function run({ quick }) {
  const results = await besidePeers('refresh-latency', quick ? ['smithy'] : peers, (name) => [name, quick ? 6.5 : 16.5])
  const rows = []
  const verdicts = []
  for (const [name, { calls, blocked, failures, p999, worst, refreshes }] of results) {
    rows.push([
      name,
      refreshes,
      `${rounded(blocked)} of ${rounded(calls)}`,
      failures,
      `${rounded(p999)} ms`,
      `${rounded(worst)} ms`
    ])
    if (name !== 'ours') continue
    verdicts.push(exactly('calls that wait for a refresh', blocked, 0), atMost('p99.9 of all calls', p999, 1, ' ms'))
  }
  return { columns: ['client', 'refreshes', 'blocked', 'failed', 'p99.9', 'longest'], rows, verdicts }
}
