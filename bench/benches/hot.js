import { allocationFlags } from '../support/allocation.js'
import { probe, probes } from '../support/probe.js'
import { summary } from '../support/statistics.js'
import { atMost, exactly, rounded, spread } from '../support/verdict.js'

const peers = ['smithy', 'google', 'simple-oauth2', 'badgateway', 'auth0', 'undici-oidc', 'xssec', 'msal']

export const title = 'A warm token: `await getToken()` over `await Promise.resolve(value)`'

export async function run({ quick }) {
  const rows = []
  const verdicts = []
  for (const name of ['floor', 'ours', ...peers]) {
    const count = quick ? 1 : name === 'ours' ? 20 : 3
    const results = await probes(quick && name === 'ours' ? 3 : count, 'hot', [name, quick ? 20 : 60])
    const of = (figure) => summary(results.map((result) => result[figure]))
    const bytes = await probe('hot-allocation', [name], allocationFlags)
    rows.push([
      name,
      `${rounded(of('nanoseconds').median)} ns`,
      spread(of('overBase')),
      spread(of('overFloor')),
      bytes.client
    ])
    if (name !== 'ours') continue
    verdicts.push(atMost('a warm call over the floor', of('overFloor').median, 1.05, ' ×'))
    verdicts.push(exactly('bytes of a warm call beyond the floor', Math.max(0, bytes.client - bytes.floor), 0))
  }
  return { columns: ['client', 'a call', 'over the await', 'over the floor', 'bytes'], rows, verdicts }
}
