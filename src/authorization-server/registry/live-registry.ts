import { ClientConfigurationError } from '../../errors.ts'
import type { ReadRegistry, RegistryChange } from './changes.ts'
import type { RegistryModel } from './model.ts'
import type { ClientRegistration, GrantRegistration, Registry } from './registration.ts'
import { RegistryHistory } from './registry-history.ts'
import type { Withdrawals } from './withdrawals.ts'

/** Changes who may call whom while the server runs. A change acts on the next token of a client. Tokens that were issued before stay as they are. */
export interface LiveRegistry {
  /** The current registry. */
  readonly current: Registry
  /**
   * Replaces the registry and returns what changed.
   * @throws ClientConfigurationError with the place of each problem. The registry then stays as it was.
   */
  replace(registry: Registry): readonly RegistryChange[]
  /** Replaces the grant of a client for a service. Throws like `replace`. */
  allow(clientId: string, service: string, grant?: GrantRegistration): readonly RegistryChange[]
  /** Withdraws the grant of a client for a service, so that it gets no new tokens. Throws like `replace`. */
  withdraw(clientId: string, service: string): readonly RegistryChange[]
  /** Undoes the last change, and with the next call the one before it, up to fifty changes. */
  undo(): readonly RegistryChange[]
}

/** The registry as the server uses it. */
export interface ServerRegistry extends LiveRegistry {
  readonly model: RegistryModel
  /** The changes that `undo` would undo; undefined if there are none. */
  readonly undoable: readonly RegistryChange[] | undefined
  /** The rights that were withdrawn since the server started. */
  readonly withdrawals: Withdrawals
  /** Replaces the registry by that of a file. `reset` returns to it. Throws like `replace`. */
  load(registry: Registry): readonly RegistryChange[]
  /** Returns to the registry that the server started with, or that it loaded last, and forgets withdrawals. */
  reset(): void
  /** Changes the registration of one client. Throws like `replace`. */
  change(clientId: string, changed: (client: ClientRegistration) => ClientRegistration): readonly RegistryChange[]
  /** Called after each change. */
  onChange(listener: (changes: readonly RegistryChange[]) => void): void
}

type ChangeOfClient = (client: ClientRegistration) => ClientRegistration

/**
 * `now` is in epoch ms.
 * @throws ClientConfigurationError if the registry has problems
 */
export function liveRegistry(registry: Registry, now: () => number): ServerRegistry {
  const history = new RegistryHistory(registry, now)
  const change = (clientId: string, changed: ChangeOfClient) =>
    history.replace(withChanged(clientId, changed, history.current))

  return {
    get current() {
      return history.current.document
    },
    get model() {
      return history.current.model
    },
    get undoable() {
      return history.undoable
    },
    withdrawals: history.withdrawals,
    replace: (document) => history.replace(document),
    load: (document) => history.load(document),
    reset: () => history.reset(),
    undo: () => history.undo(),
    change,
    allow: (clientId, service, grant = {}) => change(clientId, withGrant(service, grant)),
    withdraw: (clientId, service) => change(clientId, withoutGrant(service)),
    onChange: (listener) => history.onChange(listener)
  }
}

/** The registry with another registration of one client. */
function withChanged(clientId: string, changed: ChangeOfClient, { document, model }: ReadRegistry): Registry {
  if (!model.clients.has(clientId)) throw unknownClient(clientId)
  const clients = document.clients.map((client) => (client.clientId === clientId ? changed(client) : client))
  return { ...document, clients }
}

function withGrant(service: string, grant: GrantRegistration): ChangeOfClient {
  return (client) => ({ ...client, may: { ...client.may, [service]: grant } })
}

function withoutGrant(service: string): ChangeOfClient {
  return ({ may = {}, ...client }) => {
    if (!Object.hasOwn(may, service)) throw nothingToWithdraw(client.clientId, service)
    return { ...client, may: Object.fromEntries(Object.entries(may).filter(([name]) => name !== service)) }
  }
}

function unknownClient(clientId: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', `There is no client "${clientId}". Register it first.`)
}

function nothingToWithdraw(clientId: string, service: string): ClientConfigurationError {
  const sentence = `Client "${clientId}" has no grant for "${service}", so there is nothing to withdraw.`
  return new ClientConfigurationError('ERR_INVALID_OPTION', sentence)
}
