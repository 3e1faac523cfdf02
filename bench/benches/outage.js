import { besidePeers } from '../support/probe.js'
import { atMost, exactly, rounded } from '../support/verdict.js'

const peers = ['smithy', 'google', 'simple-oauth2', 'badgateway', 'auth0', 'undici-oidc', 'xssec', 'msal']

export const title = '100 calls a second, 3 s of 503 while the token is due and still good'

export async function run({ quick }) {
  const rows = []
  const verdicts = []
  const results = await besidePeers('outage', quick ? ['smithy'] : peers, (name) => [name])
  for (const [name, { calls, failures, requests, p99, rejections }] of results) {
    rows.push([name, `${failures} of ${calls}`, requests, `${rounded(p99)} ms`, rejections])
    if (name !== 'ours') continue
    verdicts.push(
      exactly('failed calls', failures, 0),
      atMost('token requests', requests, 2),
      atMost('p99', p99, 1, ' ms')
    )
  }
  return { columns: ['client', 'failed calls', 'token requests', 'p99', 'unhandled rejections'], rows, verdicts }
}
