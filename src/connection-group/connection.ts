import { type Sender, type SenderOptions, sender } from '../http/send.ts'
import { type DiscoveryOptions, discoveredServer } from '../metadata/discovery.ts'
import { knownServer } from '../metadata/known-server.ts'
import type { AuthorizationServer, AuthorizationServerSource } from '../metadata/server-source.ts'
import type { TokenSource } from '../token/token-source.ts'
import { type TokenEndpointOptions, tokenEndpoint } from '../token-endpoint/token-endpoint.ts'

/** What all clients of a group use to ask for tokens. */
export interface Connection {
  readonly server: AuthorizationServerSource
  readonly sender: Sender
}

export interface ConnectionOptions {
  readonly way: SenderOptions
  /** The server as it was configured. It is undefined if the server has to be discovered. */
  readonly known: AuthorizationServer | undefined
  readonly discovery: Omit<DiscoveryOptions, 'sender' | 'timeout'>
  /** Returns how many milliseconds discovery may take. It is called each time discovery starts, because the value can grow. */
  readonly timeout: () => number
}

export function connect({ way, known, discovery, timeout }: ConnectionOptions): Connection {
  const own = sender({ ...way, holdsProcess: false }) // The shared token request keeps the process alive while somebody waits for it.
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

/** The options of one client. The object is changed, so pass a new one. */
export interface TokenRequestsOptions extends Omit<TokenEndpointOptions, keyof Connection> {
  /** Counts the requests that this client sends. */
  readonly telemetry: { counting(sender: Sender): Sender }
}

export function tokenRequests({ server, sender }: Connection, options: TokenRequestsOptions): TokenSource {
  // A spread would give each copy its own hidden class, which needs more memory than the copy itself.
  return tokenEndpoint(Object.assign(options, { server, sender: options.telemetry.counting(sender) }))
}
