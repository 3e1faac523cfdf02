import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { bearerRoad, closing, read, settled, until } from '../support/bearer.ts'
import { undici } from '../support/undici.ts'

const callbacks = ['onResponseError', 'onResponseStart', 'onResponseData', 'onResponseEnd'] as const

interface Outcome {
  readonly thrown?: string
  readonly told: readonly string[]
}

/** Sends with a handler that lacks one callback, and notes what comes of it until the server has answered or the request is refused. */
async function without(missing: string, dispatcher: Dispatcher, origin: string): Promise<Outcome> {
  const told: string[] = []
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart() {},
    onResponseStart: () => void told.push('onResponseStart'),
    onResponseData: () => void told.push('onResponseData'),
    onResponseEnd: () => void told.push('onResponseEnd'),
    onResponseError: (_, { message }) => void told.push(message)
  }
  Reflect.deleteProperty(handler, missing)
  try {
    dispatcher.dispatch({ origin, path: '/', method: 'GET' }, handler)
  } catch (error) {
    return { thrown: (error as Error).message, told }
  }
  await settled(50)
  return { told }
}

test.each(callbacks)('W43 a handler without %s gets from undici what it gets without us', async (missing) => {
  const { agent, server } = await bearerRoad()
  const bare = await without(missing, closing(new undici.Agent()), server.origin)
  const sent = server.requests.length
  expect(await without(missing, agent, server.origin)).toEqual(bare)
  expect(server.requests).toHaveLength(2 * sent)
})

test.each([true, false])(
  'W43 an upgrade whose handler would leave the socket to nobody is refused, warm: %s',
  async (warm) => {
    const sockets: Socket[] = []
    const server = createServer().on('upgrade', (_request, socket) => sockets.push(socket as Socket))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    onTestFinished(() => void server.close())
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const road = await bearerRoad({ warm, routes: () => [{ origin, request: read }] })
    const errors: Error[] = []
    road.agent.dispatch(
      { origin, path: '/', method: 'GET', upgrade: 'websocket' },
      { onRequestStart() {}, onResponseError: (_, error) => void errors.push(error) }
    )
    await until(() => errors.length > 0)
    expect(errors).toMatchObject([{ code: 'UND_ERR_INVALID_ARG', message: 'invalid onRequestUpgrade method' }])
    expect(sockets).toEqual([])
  }
)
