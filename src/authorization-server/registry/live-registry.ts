import { ClientConfigurationError } from '../../errors.ts'
import { changesBetween, type ReadRegistry, type RegistryChange } from './changes.ts'
import { checkRegistry } from './check-registry.ts'
import { type RegistryModel, registryModel } from './model.ts'
import { pathText, problemsError } from './problems.ts'
import type { ClientRegistration, GrantRegistration, Registry } from './registration.ts'
import { type Withdrawals, withdrawals } from './withdrawals.ts'

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

const mostUndone = 50

/**
 * `now` is in epoch ms.
 * @throws ClientConfigurationError if the registry has problems
 */
export function liveRegistry(registry: Registry, now: () => number): ServerRegistry {
  let read = readRegistryDocument(registry)
  const earlier: { readonly document: Registry; readonly changes: readonly RegistryChange[] }[] = []
  const listeners: ((changes: readonly RegistryChange[]) => void)[] = []
  const taken = withdrawals(now)
  let start = read.document

  /** Checks the new registry before it changes anything. */
  function put(document: Registry): readonly RegistryChange[] {
    const next = readRegistryDocument(document)
    const changes = taken.follow(changesBetween(read, next))
    read = next
    for (const listener of changes.length > 0 ? listeners : []) listener(changes)
    return changes
  }

  function replace(document: Registry): readonly RegistryChange[] {
    const before = read.document
    const changes = put(document)
    earlier.push({ document: before, changes })
    if (earlier.length > mostUndone) earlier.shift()
    return changes
  }

  function change(clientId: string, changed: (client: ClientRegistration) => ClientRegistration) {
    const { clients } = read.document
    if (!read.model.clients.has(clientId)) throw unknownClient(clientId)
    return replace({
      ...read.document,
      clients: clients.map((client) => (client.clientId === clientId ? changed(client) : client))
    })
  }

  return {
    get current() {
      return read.document
    },
    get model() {
      return read.model
    },
    withdrawals: taken,
    get undoable() {
      return earlier.at(-1)?.changes
    },
    replace,
    load(document) {
      const changes = replace(document)
      start = read.document
      return changes
    },
    reset() {
      replace(start)
      taken.clear()
    },
    change,
    allow: (clientId, service, grant = {}) =>
      change(clientId, (client) => ({ ...client, may: { ...client.may, [service]: grant } })),
    withdraw: (clientId, service) =>
      change(clientId, ({ may = {}, ...client }) => {
        if (!Object.hasOwn(may, service)) throw nothingToWithdraw(clientId, service)
        return { ...client, may: Object.fromEntries(Object.entries(may).filter(([name]) => name !== service)) }
      }),
    undo() {
      const before = earlier.pop()
      if (before === undefined) throw new ClientConfigurationError('ERR_INVALID_OPTION', 'There is nothing to undo.')
      return put(before.document)
    },
    onChange: (listener) => void listeners.push(listener)
  }
}

function readRegistryDocument(registry: Registry): ReadRegistry {
  const problems = checkRegistry(registry)
  if (problems.length > 0) throw problemsError(problems, (path) => pathText(path) || 'registry')
  const document = structuredClone(registry)
  return { document, model: registryModel(document) }
}

function unknownClient(clientId: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', `There is no client "${clientId}". Register it first.`)
}

function nothingToWithdraw(clientId: string, service: string): ClientConfigurationError {
  const sentence = `Client "${clientId}" has no grant for "${service}", so there is nothing to withdraw.`
  return new ClientConfigurationError('ERR_INVALID_OPTION', sentence)
}
