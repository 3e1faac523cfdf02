import type { Agent, ClientRequest, RequestOptions } from 'node:http'
import type { SecureContext } from 'node:tls'
import { builtin } from '../builtin.ts'
import type { ClientCertificate } from './client-certificate.ts'
import type { ConnectOptions } from './connect-options.ts'

/**
 * Connections for token requests alone: no other answer can be taken for one, and no setting of the process's agents reaches them.
 * Node's `http` and `https` are loaded at the first request that needs them.
 */
export interface OwnAgent {
  request(url: URL, options: RequestOptions): ClientRequest
  /** Ends the connections that carry no request. */
  dropIdle(): void
  /** Ends them, and the others as soon as their request is answered. */
  retire(): void
  destroy(): void
}

const shared = {
  keepAlive: true,
  /** Milliseconds that an idle connection is kept. The next token request is hours away. */
  timeout: 4_000,
  /** For each origin. */
  maxSockets: 16
}

export function ownAgent(connect: ConnectOptions | undefined, certificate: ClientCertificate | undefined): OwnAgent {
  const secureContext = contextOf(connect, certificate)
  const agents = new Map<string, Agent>()

  function agentFor(protocol: string): Agent {
    const known = agents.get(protocol)
    if (known !== undefined) return known
    const agent =
      protocol === 'https:'
        ? new builtin.https.Agent({ ...shared, ...(secureContext && { secureContext }) })
        : new builtin.http.Agent(shared)
    agents.set(protocol, agent)
    return agent
  }

  function dropIdle(): void {
    for (const { freeSockets } of agents.values()) {
      for (const idle of Object.values(freeSockets).flat()) idle?.destroy()
    }
  }

  return {
    request(url, options) {
      const { protocol, port } = url
      const hostname = url.hostname.replace(/^\[|\]$/g, '')
      const { request } = protocol === 'https:' ? builtin.https : builtin.http
      return request({ ...options, protocol, hostname, port, agent: agentFor(protocol) })
    },
    dropIdle,
    retire() {
      for (const agent of agents.values()) agent.maxFreeSockets = 0
      dropIdle()
    },
    destroy() {
      for (const agent of agents.values()) {
        agent.maxFreeSockets = 0 // A request that left the queue can still be given a connection; it is not kept.
        agent.destroy()
      }
    }
  }
}

/** Made once, so that authorities and keys are not parsed for each connection. Without any option, the platform's own holds. */
function contextOf(connect: ConnectOptions = {}, certificate?: ClientCertificate): SecureContext | undefined {
  const { ca, secureContext, ...others } = connect
  if (secureContext !== undefined) return secureContext
  if (certificate === undefined && Object.keys(connect).length === 0) return undefined
  const identity = certificate && { cert: certificate.cert, key: certificate.key.reveal() }
  return builtin.tls.createSecureContext({ ...(ca !== undefined && { ca: [ca].flat() }), ...others, ...identity })
}
