import { probes } from '../support/probe.js'
import { summary } from '../support/statistics.js'
import { atMost, rounded, spread } from '../support/verdict.js'

export const title = 'Many tenants: a client each, of one issuer, each with a token of 914 bytes'

export async function run({ quick }) {
  const rows = []
  let last
  for (const tenants of [100, 1000]) {
    const results = await probes(quick ? 1 : 5, 'tenants', [tenants], ['--expose-gc'])
    last = {
      bytes: summary(results.map(({ bytes }) => bytes)),
      metadata: Math.max(...results.map(({ metadata }) => metadata)),
      connections: Math.max(...results.map(({ connections }) => connections))
    }
    rows.push([rounded(tenants), spread(last.bytes, ' B'), `${last.metadata}`, `${last.connections}`])
  }
  return {
    columns: ['tenants', 'heap per client', 'metadata requests', 'connections'],
    rows,
    verdicts: [
      atMost('heap per client', last.bytes.median, 8192, ' B'),
      atMost('metadata requests of 1,000 clients', last.metadata, 1),
      atMost('connections of 1,000 clients', last.connections, 16)
    ]
  }
}
