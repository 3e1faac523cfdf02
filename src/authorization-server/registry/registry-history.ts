import { ClientConfigurationError } from '../../errors.ts'
import { changesBetween, type ReadRegistry, type RegistryChange } from './changes.ts'
import { checkRegistry } from './check-registry.ts'
import { registryModel } from './model.ts'
import { pathText, problemsError } from './problems.ts'
import type { Registry } from './registration.ts'
import { type Withdrawals, withdrawals } from './withdrawals.ts'

/** A registry that was replaced, and what the change was. */
interface Earlier {
  readonly document: Registry
  readonly changes: readonly RegistryChange[]
}

type ChangeListener = (changes: readonly RegistryChange[]) => void

const mostUndone = 50

/** The current registry, the one that the server started with, and those between them that `undo` returns to. */
export class RegistryHistory {
  readonly withdrawals: Withdrawals
  readonly #earlier: Earlier[] = []
  readonly #listeners: ChangeListener[] = []
  #current: ReadRegistry
  #start: Registry

  /** `now` is in epoch ms. */
  constructor(registry: Registry, now: () => number) {
    this.#current = readRegistryDocument(registry)
    this.#start = this.#current.document
    this.withdrawals = withdrawals(now)
  }

  get current(): ReadRegistry {
    return this.#current
  }

  get undoable(): readonly RegistryChange[] | undefined {
    return this.#earlier.at(-1)?.changes
  }

  replace(document: Registry): readonly RegistryChange[] {
    const before = this.#current.document
    const changes = this.#put(document)
    this.#earlier.push({ document: before, changes })
    if (this.#earlier.length > mostUndone) this.#earlier.shift()
    return changes
  }

  load(document: Registry): readonly RegistryChange[] {
    const changes = this.replace(document)
    this.#start = this.#current.document
    return changes
  }

  reset(): void {
    this.replace(this.#start)
    this.withdrawals.clear()
  }

  undo(): readonly RegistryChange[] {
    const before = this.#earlier.pop()
    if (before === undefined) throw new ClientConfigurationError('ERR_INVALID_OPTION', 'There is nothing to undo.')
    return this.#put(before.document)
  }

  onChange(listener: ChangeListener): void {
    this.#listeners.push(listener)
  }

  /** Checks the new registry before it changes anything. */
  #put(document: Registry): readonly RegistryChange[] {
    const next = readRegistryDocument(document)
    const changes = this.withdrawals.follow(changesBetween(this.#current, next))
    this.#current = next
    for (const listener of changes.length > 0 ? this.#listeners : []) listener(changes)
    return changes
  }
}

function readRegistryDocument(registry: Registry): ReadRegistry {
  const problems = checkRegistry(registry)
  if (problems.length > 0) throw problemsError(problems, (path) => pathText(path) || 'registry')
  const document = structuredClone(registry)
  return { document, model: registryModel(document) }
}
