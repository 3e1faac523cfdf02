// What CI holds: ratios with a margin in which only a doubling fails, and allocation, which is exact, with a narrow one.
import { fileURLToPath } from 'node:url'
import { firstTokens, over } from './benches/first-token.js'
import { bundled } from './benches/size.js'
import { allocationFlags } from './support/allocation.js'
import { probe, probes } from './support/probe.js'
import { atMost, exactly } from './support/verdict.js'

const turns = 20
const rounds = 3

function leastOf(results, figure) {
  return Math.min(...results.map(figure))
}

async function least(name, figure) {
  return leastOf(await probes(rounds, name, ['ours', turns]), figure)
}

const hot = await probe('hot-allocation', ['ours'], allocationFlags)
// On a busy machine half of the processes optimize one function less, which costs 64 bytes.
const inject = await probes(8, 'inject-allocation', ['ours'], allocationFlags)
const first = await firstTokens(5, ['ours', 'node-http', 'undici'])
const named = await probes(rounds, 'named-scope', [100, turns]) // among 10,000 it measures the memory more than us
const [{ bytes: keptBytes }] = await probes(1, 'keys', [10_000], ['--expose-gc'])
const probed = await probes(rounds, 'health', [turns])
const [{ bytes: clientBytes }] = await probes(1, 'tenants', [1000], ['--expose-gc'])
const entry = await bundled(fileURLToPath(new URL('../dist/index.js', import.meta.url)))
const verdicts = [
  atMost('a warm call over the floor', await least('hot', ({ overFloor }) => overFloor), 2, ' ×'),
  atMost(
    'a call that names one of 100 scopes over the floor',
    leastOf(named, ({ overFloor }) => overFloor),
    3,
    ' ×'
  ),
  atMost('bytes of a kept token, among 10,000', keptBytes, 1650, ' B'),
  atMost('bytes of a client, of 1,000 tenants', clientBytes, 8500, ' B'),
  atMost('main entry, minified and gzipped', entry.gzipped, 50, ' KiB'),
  atMost(
    'health() of 10,000 keys',
    leastOf(probed, ({ health }) => health.least),
    1,
    ' ms'
  ),
  atMost(
    'tokens.state of 10,000 keys over that of one',
    leastOf(probed, ({ state }) => state.overOne),
    1.5,
    ' ×'
  ),
  atMost('a dispatch over the floor', await least('inject', ({ extra, floor }) => extra / floor), 6, ' ×'),
  atMost('processor time to the first token over node:http', over(first, 'node-http', 'processor').median, 1.25, ' ×'),
  atMost('processor time to the first token over undici', over(first, 'undici', 'processor').median, 0.55, ' ×'),
  atMost('memory at the first token over node:http', over(first, 'node-http', 'mebibytes').median, 1.1, ' ×'),
  atMost('bytes of a warm call beyond the floor', hot.client - hot.floor, 8),
  atMost(
    'bytes of a dispatch',
    leastOf(inject, ({ client }) => client),
    580
  ),
  exactly('promises of a dispatch', Math.max(...inject.map(({ promises }) => promises)), 0)
]
for (const { met, what, figure, target } of verdicts)
  console.log(`${met ? 'ok' : 'FAILED'}: ${what}: ${figure} (${target})`)
if (!verdicts.every(({ met }) => met)) process.exitCode = 1
