import { functionOption, wrong } from '../wrong-option.ts'
import { type ConnectOptions, checkedConnect } from './connect-options.ts'
import type { Dispatcher } from './dispatcher.ts'
import { checkedProxy, type Proxies, type ProxyOption } from './proxies.ts'

/**
 * How requests to the authorization server are sent: over the client's own connections, with the TLS options in `connect`, or with a dispatcher or a fetch.
 * That dispatcher or fetch must not add this client's own tokens for the token endpoint, because the client would wait for itself until `ERR_TIMEOUT`.
 */
export type TransportOptions =
  | (OwnConnections & { readonly dispatcher?: never; readonly fetch?: never })
  | (NoConnections & { readonly dispatcher?: Dispatcher; readonly fetch?: never })
  | (NoConnections & { readonly fetch?: typeof globalThis.fetch; readonly dispatcher?: never })

interface OwnConnections {
  readonly connect?: ConnectOptions
  /**
   * A proxy for all requests, or `'environment'` for those that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name. By default the
   * environment is used if `NODE_USE_ENV_PROXY=1` or `--use-env-proxy` is set, as for Node's own `fetch`.
   */
  readonly proxy?: ProxyOption
}

interface NoConnections {
  readonly connect?: never
  readonly proxy?: never
}

/** What was given, checked and copied. */
export interface Transport {
  readonly dispatcher: Dispatcher | undefined
  readonly fetch: typeof globalThis.fetch | undefined
  readonly connect: ConnectOptions | undefined
  readonly proxies: Proxies | undefined
}

export const transportOptionNames = ['dispatcher', 'fetch', 'connect', 'proxy'] as const

type Given = { readonly [Name in (typeof transportOptionNames)[number]]?: unknown }

/** Throws ClientConfigurationError. */
export function checkedTransport(given: Given): Transport {
  const { fetch } = given
  const dispatcher = given.dispatcher as Dispatcher | undefined
  const road = given.dispatcher === undefined ? 'fetch' : 'dispatcher'
  const other = transportOptionNames.find((name) => name !== road && given[name] !== undefined)
  if (given[road] !== undefined && other !== undefined) {
    const remedy = `Keep one.${other === 'fetch' ? '' : ` ${other} is only for the client's own connections.`}`
    wrong(road, `and ${other} are both given`, remedy, 'ERR_CONFLICTING_OPTIONS')
  }
  if (dispatcher !== undefined && typeof dispatcher?.dispatch !== 'function') {
    const remedy =
      "Give a new Agent(…), ProxyAgent(…) or EnvHttpProxyAgent() of undici, on Bun of 'undici/index.js', or leave it out."
    wrong('dispatcher', 'is not an undici Dispatcher', remedy)
  }
  return {
    dispatcher,
    fetch: fetchFunction('fetch', fetch),
    connect: checkedConnect('connect', given.connect),
    proxies: given[road] === undefined ? checkedProxy('proxy', given.proxy) : undefined
  }
}

export function fetchFunction(option: string, value: unknown): typeof globalThis.fetch | undefined {
  if (value === undefined) return undefined
  const remedy = 'Give a function that works like the platform’s fetch.'
  return functionOption(option, value as typeof globalThis.fetch, remedy)
}
