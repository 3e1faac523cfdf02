import { probes } from '../support/probe.js'
import { median } from '../support/statistics.js'
import { atMost, exactly, rounded } from '../support/verdict.js'

const callers = 10_000
const moments = ['cold', 'window', 'expired']
const peers = ['smithy', 'badgateway', 'auth0', 'undici-oidc', 'google', 'simple-oauth2', 'xssec', 'msal']

export const title = '10,000 callers at once; the server takes 50 ms'

export async function run({ quick }) {
  const rows = []
  const verdicts = []
  for (const name of quick ? ['ours', 'smithy'] : ['ours', ...peers]) {
    const results = await probes(quick || name !== 'ours' ? 1 : 5, 'stampede', [name, callers])
    const of = (figure) => median(results.map(figure))
    const told = (when) => {
      const failed = of(({ [when]: { failures } }) => failures)
      const answered = `${rounded(of(requestsOf(when)))} requests, ${rounded(of(timeOf(when)))} ms`
      return failed === 0 ? answered : `${answered}, ${rounded(failed)} failed`
    }
    rows.push([name, `${rounded(of(({ flight }) => flight))} ms`, ...moments.map(told)])
    if (name !== 'ours') continue
    for (const when of moments) verdicts.push(exactly(`token requests, ${when}`, of(requestsOf(when)), 1))
    verdicts.push(atMost('10,000 callers in the refresh window', of(timeOf('window')), 10, ' ms'))
    for (const when of ['cold', 'expired']) {
      const overOne = of((result) => timeOf(when)(result) / result.flight)
      verdicts.push(atMost(`10,000 callers over one, ${when}`, overOne, 1.5, ' ×'))
    }
  }
  return { columns: ['client', 'one caller', ...moments], rows, verdicts }
}

function requestsOf(when) {
  return (result) => result[when].requests
}

function timeOf(when) {
  return (result) => result[when].milliseconds
}
