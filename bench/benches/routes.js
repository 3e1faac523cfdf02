import { probes } from '../support/probe.js'
import { summary } from '../support/statistics.js'
import { atMost, spread } from '../support/verdict.js'

export const title = 'The interceptor with 1,000 routes over the interceptor with one'

export async function run({ quick }) {
  const results = await probes(quick ? 2 : 10, 'routes', [quick ? 20 : 60])
  const thousand = summary(results.map((result) => result.thousand))
  const all = summary(results.map((result) => result.all))
  return {
    columns: ['routes', 'over one route'],
    rows: [
      ['1,000, one of them used', spread(thousand)],
      ['1,000, used in turn', spread(all)]
    ],
    verdicts: [atMost('1,000 routes over one', thousand.median, 1.2, ' ×')]
  }
}
