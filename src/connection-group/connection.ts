import { type Sender, type SenderOptions, sender } from '../http/send.ts'
import { type DiscoveryOptions, discoveredServer } from '../metadata/discovery.ts'
import { knownServer } from '../metadata/known-server.ts'
import type { AuthorizationServer, AuthorizationServerSource } from '../metadata/server-source.ts'
import type { TokenSource } from '../token/token-source.ts'
import { type TokenEndpointOptions, tokenEndpoint } from '../token-endpoint/token-endpoint.ts'

/** By what the clients of one group ask for tokens. */
export interface Connection {
  readonly server: AuthorizationServerSource
  readonly sender: Sender
}

export interface ConnectionOptions {
  readonly way: SenderOptions
  /** Undefined when the server is to be discovered. */
  readonly known: AuthorizationServer | undefined
  readonly discovery: Omit<DiscoveryOptions, 'sender' | 'timeout'>
  /** Milliseconds for one discovery, as they are when it begins. */
  readonly timeout: () => number
}

export function connect({ way, known, discovery, timeout }: ConnectionOptions): Connection {
  const own = sender({ ...way, holdsProcess: false }) // The flight does, while somebody waits for it.
  if (known !== undefined) return { server: knownServer(known), sender: own }
  const options = {
    ...discovery,
    sender: own,
    get timeout() {
      return timeout()
    }
  }
  return { server: discoveredServer(options), sender: own }
}

/** What one client asks with; an object of its own. */
export interface TokenRequestsOptions extends Omit<TokenEndpointOptions, keyof Connection> {
  /** Counts what this client sends. */
  readonly telemetry: { counting(sender: Sender): Sender }
}

export function tokenRequests({ server, sender }: Connection, options: TokenRequestsOptions): TokenSource {
  // No spread: each copy would have a hidden class of its own, which takes more than the copy.
  return tokenEndpoint(Object.assign(options, { server, sender: options.telemetry.counting(sender) }))
}
