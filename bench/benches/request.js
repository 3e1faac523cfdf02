import { probe, probes } from '../support/probe.js'
import { summary } from '../support/statistics.js'
import { atMost, spread } from '../support/verdict.js'

export const title = 'Processor time of a request over HTTP, over undici with a constant header'

export async function run({ quick }) {
  const rows = []
  const verdicts = []
  for (const name of quick ? ['floor', 'ours'] : ['floor', 'ours', 'undici-oidc', 'xssec', 'msal']) {
    const results = await probes(quick ? 1 : 4, 'request', [name, quick ? 15 : 30])
    const together = summary(results.map(({ over }) => over))
    const apart = await alone(name, quick ? 1 : 4, quick ? 4000 : 10_000)
    rows.push([name, spread(together, ' ×'), spread(apart.over, ' ×'), spread(apart.microseconds, ' µs')])
    if (name !== 'ours') continue
    verdicts.push(atMost('a request, both sorts in one process', together.median, 1.03, ' ×'))
    verdicts.push(atMost('a request, each sort in its own process', apart.over.median, 1.03, ' ×'))
  }
  return { columns: ['client', 'both in one process', 'each in its own process', 'a request'], rows, verdicts }
}

/** A process each for the constant header and for the token, one after the other. */
async function alone(name, rounds, requests) {
  const over = []
  const microseconds = []
  for (let round = 0; round < rounds; round++) {
    const constant = await probe('request-alone', [name, 'constant', requests])
    const client = await probe('request-alone', [name, 'client', requests])
    over.push(client / constant)
    microseconds.push(client)
  }
  return { over: summary(over), microseconds: summary(microseconds) }
}
