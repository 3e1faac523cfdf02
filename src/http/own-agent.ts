import type { Agent, ClientRequest, RequestOptions } from 'node:http'
import type { SecureContext } from 'node:tls'
import { builtin } from '../builtin.ts'
import { ownMembers } from '../own-members.ts'
import type { ClientCertificate } from './client-certificate.ts'
import type { ConnectOptions } from './connect-options.ts'
import type { Proxies } from './proxies.ts'
import { addressOf, secureTunnel, type Tunnels, throughProxy, tunnels } from './tunnel.ts'

/** How connections of our own are made. */
export interface Connecting {
  readonly connect?: ConnectOptions | undefined
  readonly proxies?: Proxies | undefined
}

/**
 * Connections only for token requests. No other answer can be mistaken for theirs, and settings of the process's agents do not affect them.
 * Node's `http` and `https` are loaded at the first request that needs them.
 */
export interface OwnAgent {
  request(url: URL, options: RequestOptions): ClientRequest
  /** The caller of `request` calls this when the request has ended, with whatever result. */
  ended(): void
  /** The proxy that is on the way. */
  proxyOf(url: URL): URL | undefined
  /** Ends the connections that carry no request. */
  dropIdle(): void
  /** Ends them, and the others as soon as their request is answered. */
  retire(): void
  destroy(): void
}

/** Node looks for these on the prototype too, and anything in the process can have written on that. */
const notInherited = {
  auth: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
  pfx: undefined,
  passphrase: undefined,
  ciphers: undefined,
  minVersion: undefined,
  secureContext: undefined
}

const shared = {
  ...notInherited,
  keepAlive: true,
  /** Milliseconds that an idle connection is kept. The next token request is hours away. */
  timeout: 4_000,
  /** For each origin. */
  maxSockets: 16
}

export function ownAgent({ connect, proxies }: Connecting, certificate: ClientCertificate | undefined): OwnAgent {
  const secureContext = contextOf(connect, certificate)
  const trusted = { ...shared, ...(connect?.ca !== undefined && { ca: [connect.ca].flat() }) }
  const agents = new Map<string, Agent>()
  const opening: Tunnels[] = []
  let exchanges = 0

  function proxyOf(url: URL): URL | undefined {
    return proxies?.(url)
  }

  function agentFor(key: string, make: () => Agent): Agent {
    const agent = agents.get(key) ?? make()
    agents.set(key, agent)
    return agent
  }

  function tunnelTo(proxy: URL): Agent {
    const through = tunnels(proxy, trusted)
    opening.push(through)
    return tunnelAgent(through, secureContext)
  }

  function dropIdle(): void {
    for (const { freeSockets } of agents.values()) {
      for (const idle of Object.values(freeSockets).flat()) idle?.destroy()
    }
  }

  return {
    request(url, options) {
      exchanges += 1
      const proxy = proxyOf(url)
      if (url.protocol === 'https:') {
        const agent = proxy
          ? agentFor(proxy.href, () => tunnelTo(proxy))
          : agentFor('https:', () => secureAgent(secureContext))
        return builtin.https.request({ ...notInherited, ...options, ...addressOf(url), agent })
      }
      const next = proxy ?? url
      const given = { ...notInherited, ...(proxy ? throughProxy(url, proxy, options) : options), ...addressOf(next) }
      if (next.protocol === 'http:')
        return builtin.http.request({ ...given, agent: agentFor('http:', () => new builtin.http.Agent(shared)) })
      return builtin.https.request({ ...given, agent: agentFor('proxy', () => new builtin.https.Agent(trusted)) })
    },
    ended() {
      exchanges -= 1
      if (exchanges === 0) for (const tunnel of opening) tunnel.abandon() // Nobody is left to use them.
    },
    proxyOf,
    dropIdle,
    retire() {
      for (const agent of agents.values()) agent.maxFreeSockets = 0
      dropIdle()
    },
    destroy() {
      for (const tunnel of opening) tunnel.abandon()
      for (const agent of agents.values()) {
        agent.maxFreeSockets = 0 // A request that left the queue can still be given a connection; it is not kept.
        agent.destroy()
      }
    }
  }
}

/** Made once, so that authorities and keys are not parsed for each connection. Without any option, the platform's own holds. */
function contextOf(
  connect: ConnectOptions = ownMembers({}),
  certificate?: ClientCertificate
): SecureContext | undefined {
  const { ca, secureContext, ...others } = connect
  if (secureContext !== undefined) return secureContext
  if (certificate === undefined && Object.keys(connect).length === 0) return undefined
  const identity = certificate && { cert: certificate.cert, key: certificate.key.reveal() }
  const authorities = ca !== undefined && { ca: [ca].flat() }
  return builtin.tls.createSecureContext(ownMembers({ ...authorities, ...others, ...identity }))
}

function secureAgent(secureContext: SecureContext | undefined): Agent {
  return new builtin.https.Agent({ ...shared, ...(secureContext && { secureContext }) })
}

function tunnelAgent(through: Tunnels, secureContext: SecureContext | undefined): Agent {
  const agent = secureAgent(secureContext)
  agent.createConnection = (options, connected) => {
    secureTunnel(through, options).then(
      (connection) => connected?.(null, connection),
      (error) => connected?.(error, undefined as never)
    )
    return undefined
  }
  return agent
}
