import { assemble, namesOf, openRegistry, signingKeysFor } from './assembly.ts'
import { exchange } from './endpoints/server-exchange.ts'
import type { ServerUrls } from './endpoints/server-metadata.ts'
import type { Condition } from './faults/fault-kinds.ts'
import { faultQueue } from './faults/fault-queue.ts'
import type { Faults } from './faults/faults.ts'
import { frontDoor } from './front-door.ts'
import { listeners } from './http/listeners.ts'
import type { RequestLog } from './http/request-log.ts'
import type { ReadableJournal } from './overview/journal.ts'
import { type Overview, overview } from './overview/overview.ts'
import { type Clients, registeredClients } from './registry/clients.ts'
import type { LiveRegistry } from './registry/live-registry.ts'
import { type AuthorizationServerOptions, checkOptions } from './server-options.ts'

export interface AuthorizationServer extends ServerUrls {
  readonly issuer: string
  /** The URL of the page that shows who may call whom. */
  readonly page: string
  /** Who may call whom. You can change it while the server runs. */
  readonly registry: LiveRegistry
  /** The clients that may have tokens. You can change them while the server runs. */
  readonly clients: Clients
  /** The faults. You can switch them on and off while the server runs. */
  readonly faults: Faults
  /** The requests that the server received. */
  readonly requests: RequestLog
  /** Who may call whom, and who did. */
  overview(): Overview
  /** What happens, as sentences. */
  readonly journal: ReadableJournal
  /** Signs with a new key from now on. The previous key stays published for `overlap` ms, by default as long as tokens live. With 0 it is removed at once. */
  rotateKeys(rotation?: { readonly overlap?: number }): Promise<void>
  /** Makes the token inactive at the introspection endpoint. A service that verifies tokens by their signature does not learn of it. */
  revoke(token: string): void
  /** Breaks every connection and frees the port. It can be called more than once. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts an authorization server for development and tests. It uses real HTTP on loopback, issues tokens to the registered clients (RFC 6749 §4.4, RFC 9068), and
 * can be controlled from any language at `/admin/api`.
 * @throws ClientConfigurationError (as a rejection) for a wrong option, for a port that is taken, and if `NODE_ENV` is `production`.
 */
export async function startAuthorizationServer(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const checked = checkOptions(options)
  const { clock, accessTokenLifetime: lifetime } = checked
  const condition: Condition = { down: false, clockOffset: 0 }
  const isDown = () => condition.down
  const now = () => clock.wallTime() + condition.clockOffset
  const { registry, follow } = await openRegistry(checked, now)
  const keys = await signingKeysFor(checked, now)
  const listening = await listeners({ ...checked, isDown })

  const { issuer, urls } = namesOf(listening, checked)
  const queue = faultQueue()
  const pieces = { checked, issuer, urls, registry, keys, queue, condition, listening, now }
  const { parts, endpoints, binding } = assemble(pieces)
  const { requests, faults, issued, journal } = parts
  const front = frontDoor({ parts, ...checked, port: new URL(listening.origin).port })
  const serving = { cors: checked.cors, isDown, queue, log: requests, clock, now }
  listening.serve((door, incoming, response) => {
    const own = door === 'plain' ? front(incoming, response) : undefined
    return own ?? exchange(incoming, response, { endpoints: endpoints[door], ...serving })
  })
  const follower = follow(journal)

  async function close(): Promise<void> {
    await follower?.close()
    await listening.close()
    binding.close()
  }

  return {
    ...{ issuer, page: `${new URL(urls.tokenEndpoint).origin}/`, ...urls },
    ...{ registry, faults, requests, journal, revoke: issued.revoke, close },
    clients: registeredClients(registry),
    overview: () => overview(parts),
    rotateKeys: ({ overlap = lifetime } = {}) => keys.rotate(overlap),
    [Symbol.asyncDispose]: close
  }
}
