import { kindOf, wrong } from '../wrong-option.ts'
import { type ConnectOptions, checkedConnect } from './connect-options.ts'
import type { Dispatcher } from './dispatcher.ts'

/**
 * How requests to the authorization server travel: over connections of our own, which `connect` can shape, or by what is given here.
 * A dispatcher or fetch must not carry this client's own tokens to the token endpoint: the client would wait for itself, until `ERR_TIMEOUT`.
 */
export type TransportOptions =
  | { readonly connect?: ConnectOptions; readonly dispatcher?: never; readonly fetch?: never }
  | { readonly dispatcher?: Dispatcher; readonly fetch?: never; readonly connect?: never }
  | { readonly fetch?: typeof globalThis.fetch; readonly dispatcher?: never; readonly connect?: never }

/** What was given, checked and copied. */
export interface Transport {
  readonly dispatcher: Dispatcher | undefined
  readonly fetch: typeof globalThis.fetch | undefined
  readonly connect: ConnectOptions | undefined
}

export const transportOptionNames = ['dispatcher', 'fetch', 'connect'] as const

/** Throws ClientConfigurationError. */
export function checkedTransport(
  given: { readonly [Name in keyof Transport]?: Transport[Name] | undefined }
): Transport {
  const { dispatcher, fetch } = given
  const [one, other] = transportOptionNames.filter((name) => given[name] !== undefined)
  if (one !== undefined && other !== undefined) {
    const remedy =
      other === 'connect'
        ? `Keep one: connect is for connections that the client makes itself, and those of ${one} are made by it.`
        : 'Keep the one that token requests shall travel by.'
    wrong(one, `and ${other} are both given`, remedy, 'ERR_CONFLICTING_OPTIONS')
  }
  if (dispatcher !== undefined && typeof dispatcher?.dispatch !== 'function') {
    const remedy = 'Give a new Agent(…), ProxyAgent(…) or EnvHttpProxyAgent() of undici.'
    wrong('dispatcher', 'is not an undici Dispatcher', remedy)
  }
  return { dispatcher, fetch: fetchFunction('fetch', fetch), connect: checkedConnect('connect', given.connect) }
}

export function fetchFunction(option: string, value: unknown): typeof globalThis.fetch | undefined {
  if (value === undefined || typeof value === 'function') return value as typeof globalThis.fetch | undefined
  const remedy = 'Give a function that does what the platform’s fetch does.'
  wrong(option, `must be a function, but is ${kindOf(value)}`, remedy)
}
