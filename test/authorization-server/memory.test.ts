import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { basic, orders, post, serverForTest } from './server.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

function heap(): number {
  collect()
  return process.memoryUsage().heapUsed
}

const long = (index: number) => `${index}-${'x'.repeat(40_000)}`

test.each<[string, (index: number) => Record<string, string>]>([
  ['long scopes that nobody knows', (index) => ({ scope: long(index) })],
  ['long audiences', (index) => ({ audience: long(index) })],
  ['another audience each time', (index) => ({ audience: `https://service-${index}.internal` })],
  ['long parameters that nobody reads', (index) => ({ note: long(index) })],
  ['long client ids', (index) => ({ client_id: long(index) })]
])(
  'two hundred and fifty requests with %s hold little memory',
  async (_what, fields) => {
    const { tokenEndpoint } = await serverForTest({ clients: [{ ...orders, audience: undefined } as never] })
    const headers = { authorization: basic(orders.clientId, orders.clientSecret) }
    const send = async (index: number) => (await post(tokenEndpoint, fields(index), headers)).text()
    for (let index = 0; index < 50; index++) await send(index)
    const before = heap()
    for (let index = 50; index < 300; index++) await send(index)
    expect((heap() - before) / 2 ** 20).toBeLessThan(2)
  },
  60_000
)
