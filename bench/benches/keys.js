import { probes } from '../support/probe.js'
import { summary } from '../support/statistics.js'
import { atMost, rounded, spread } from '../support/verdict.js'

export const title = 'Many keys: heap per kept token of 914 bytes, and a call that names its scope'

export async function run({ quick }) {
  const rows = []
  const lookUps = {}
  let bytes
  for (const keys of [1, 100, 10_000]) {
    const results = await probes(quick ? 1 : 10, 'keys', [keys], ['--expose-gc'])
    lookUps[keys] = summary(results.map(({ nanoseconds }) => nanoseconds))
    bytes = summary(results.map((result) => result.bytes))
    rows.push([rounded(keys), spread(lookUps[keys], ' ns'), keys === 10_000 ? spread(bytes, ' B') : ''])
  }
  return {
    columns: ['keys', 'a call', 'heap per token'],
    rows,
    verdicts: [
      atMost('heap per token', bytes.median, 1400, ' B'),
      atMost(
        'a call with 10,000 keys over one with a single key',
        lookUps[10_000].median / lookUps[1].median,
        1.5,
        ' ×'
      )
    ]
  }
}
