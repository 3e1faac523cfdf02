import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bearerRoad, closing, read, settled, until } from '../support/bearer.ts'
import { undici } from '../support/undici.ts'

/** undici 7 wraps some handlers as soon as there is any interceptor. */
const passing: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => dispatch(options, handler)

type Callbacks = Partial<Record<keyof Dispatcher.DispatchHandler | 'onRequestSent', unknown>>

const absent: readonly Callbacks[] = [
  { onRequestStart: undefined },
  { onResponseError: undefined },
  { onResponseStart: undefined },
  { onResponseData: undefined },
  { onResponseEnd: undefined },
  { onRequestStart: 5 },
  { onResponseError: 5 },
  { onResponseData: null },
  { onBodySent: 5 },
  { onRequestSent: 'none' },
  { onRequestStart: undefined, onResponseError: undefined },
  { onResponseStart: undefined, onResponseEnd: undefined }
]

interface Outcome {
  readonly thrown?: string
  readonly told: readonly string[]
}

/** Dispatches and records the callbacks, until the server has answered or the request is refused. The second start of a request that waited is left out. */
async function outcomeOf(dispatcher: Dispatcher, options: unknown, own: Callbacks | undefined): Promise<Outcome> {
  const told: string[] = []
  const handler = {
    onRequestStart() {},
    onResponseStart: () => void told.push('onResponseStart'),
    onResponseData: () => void told.push('onResponseData'),
    onResponseEnd: () => void told.push('onResponseEnd'),
    onResponseError: (_: unknown, { message }: Error) => void told.push(message),
    ...own
  }
  try {
    dispatcher.dispatch(options as Dispatcher.DispatchOptions, (own && handler) as Dispatcher.DispatchHandler)
  } catch (error) {
    return { thrown: (error as Error).message, told }
  }
  await settled(50)
  return { told }
}

describe.each([true, false])('W43 with a token at hand: %s', (warm) => {
  test.each(absent)('a handler with %o gets from undici what it gets without us', async (own) => {
    const { agent, server } = await bearerRoad({ warm })
    const options = { origin: server.origin, path: '/', method: 'GET' }
    const bare = await outcomeOf(closing(new undici.Agent()).compose(passing), options, own)
    const sent = server.requests.length
    expect(await outcomeOf(agent, options, own)).toEqual(bare)
    expect(server.requests).toHaveLength(2 * sent)
  })

  test('options and handlers that are none get from undici what they get without us', async () => {
    const { agent, server } = await bearerRoad({ warm })
    const bare = closing(new undici.Agent()).compose(passing)
    const good = { origin: server.origin, path: '/', method: 'GET' }
    const path = { startsWith: () => true, indexOf: () => -1 }
    const wrong = [
      null,
      undefined,
      'x',
      5,
      { ...good, path: 5 },
      { ...good, path: new URL(server.origin) },
      { ...good, path }
    ]
    for (const options of wrong) expect(await outcomeOf(agent, options, {})).toEqual(await outcomeOf(bare, options, {}))
    expect(await outcomeOf(agent, good, undefined)).toEqual(await outcomeOf(bare, good, undefined))
    expect(server.requests).toEqual([])
  })
})

test('W43 a handler that aborts without a reason gets the error of undici, at once while its token is awaited', async () => {
  const { agent, server, tokens } = await bearerRoad({ warm: false })
  tokens.hold()
  const errors: Error[] = []
  const handler = {
    onRequestStart: (controller: Dispatcher.DispatchController) => controller.abort(undefined as never),
    onResponseStart() {},
    onResponseData() {},
    onResponseEnd() {},
    onResponseError: (_: unknown, error: Error) => void errors.push(error)
  }
  agent.dispatch({ origin: server.origin, path: '/', method: 'GET' }, handler)
  closing(new undici.Agent()).dispatch({ origin: server.origin, path: '/', method: 'GET' }, handler)
  await until(() => errors.length === 2)
  for (const error of errors) {
    expect(error).toBeInstanceOf(undici.errors.RequestAbortedError)
    expect(error).toMatchObject({ name: 'AbortError', code: 'UND_ERR_ABORTED', message: 'Request aborted' })
  }
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
