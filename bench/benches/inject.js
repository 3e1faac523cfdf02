import { allocationFlags } from '../support/allocation.js'
import { probe, probes } from '../support/probe.js'
import { summary } from '../support/statistics.js'
import { atMost, exactly, rounded, spread } from '../support/verdict.js'

export const title = 'The interceptor with a warm token, over a dispatcher that does nothing'

export async function run({ quick }) {
  const rows = []
  const verdicts = []
  for (const name of ['floor', 'ours', 'undici-oidc']) {
    const results = await probes(quick ? 2 : 10, 'inject', [name, quick ? 20 : 60])
    const extra = summary(results.map((result) => result.extra))
    const overFloor = summary(results.map((result) => result.extra / result.floor))
    const { client: bytes, promises } = await probe('inject-allocation', [name], allocationFlags)
    rows.push([name, spread(extra, ' ns'), spread(overFloor), bytes, rounded(promises)])
    if (name !== 'ours') continue
    verdicts.push(atMost('what a dispatch costs over the floor', overFloor.median, 2, ' ×'))
    verdicts.push(exactly('promises a dispatch', promises, 0))
  }
  return { columns: ['interceptor', 'beyond the bare dispatch', 'over the floor', 'bytes', 'promises'], rows, verdicts }
}
