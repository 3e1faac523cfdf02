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
  /** Where a browser shows who may call whom. */
  readonly page: string
  /** Who may call whom, changed while it runs. */
  readonly registry: LiveRegistry
  /** Who may have tokens, changed while it runs. */
  readonly clients: Clients
  /** What goes wrong, switched while it runs. */
  readonly faults: Faults
  /** What came in. */
  readonly requests: RequestLog
  /** Who may call whom, and who did. */
  overview(): Overview
  /** What happens, as sentences. */
  readonly journal: ReadableJournal
  /** Signs with a new key from now on. The previous key stays published for `overlap` ms: as long as tokens live, unless given; 0 takes it away at once. */
  rotateKeys(rotation?: { readonly overlap?: number }): Promise<void>
  /** The token counts no more at the introspection endpoint. Who verifies it by its signature does not hear of it. */
  revoke(token: string): void
  /** Idempotent: breaks every connection and frees the port. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * An authorization server for development and tests: real HTTP on loopback, tokens for the clients it is told of (RFC 6749 §4.4, RFC 9068), and
 * `/admin/api` to control it from any language.
 * @throws ClientConfigurationError (as a rejection) for a wrong option, a port that is taken, and wherever `NODE_ENV` is `production`.
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
  listening.serve((door, incoming, response) => {
    const own = door === 'plain' ? front(incoming, response) : undefined
    return (
      own ??
      exchange(incoming, response, {
        endpoints: endpoints[door],
        cors: checked.cors,
        isDown,
        queue,
        log: requests,
        clock,
        now
      })
    )
  })
  const follower = follow(journal)

  async function close(): Promise<void> {
    await follower?.close()
    await listening.close()
    binding.close()
  }

  return {
    ...{
      issuer,
      page: `${new URL(urls.tokenEndpoint).origin}/`,
      ...urls,
      registry,
      faults,
      requests,
      journal,
      revoke: issued.revoke,
      close
    },
    clients: registeredClients(registry),
    overview: () => overview(parts),
    rotateKeys: ({ overlap = lifetime } = {}) => keys.rotate(overlap),
    [Symbol.asyncDispose]: close
  }
}
