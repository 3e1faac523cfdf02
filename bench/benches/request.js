import { probes } from '../support/probe.js'
import { summary } from '../support/statistics.js'
import { atMost, rounded, spread } from '../support/verdict.js'

export const title = 'Processor time of a request over HTTP, over undici with a constant header'

export async function run({ quick }) {
  const rows = []
  const verdicts = []
  for (const name of quick ? ['floor', 'ours'] : ['floor', 'ours', 'undici-oidc', 'xssec', 'msal']) {
    const results = await probes(quick ? 2 : name === 'ours' ? 8 : 4, 'request', [name, quick ? 20 : 50])
    const over = summary(results.map((result) => result.over))
    rows.push([name, spread(over, ' ×'), `${rounded(summary(results.map((result) => result.microseconds)).median)} µs`])
    if (name === 'ours') verdicts.push(atMost('a request through the interceptor', over.median, 1.03, ' ×'))
  }
  return { columns: ['client', 'over a constant header', 'a request'], rows, verdicts }
}
