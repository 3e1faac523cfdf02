import { edgeKey, type RegistryChange } from './changes.ts'

/** A right that was withdrawn and can be granted again. */
export interface Withdrawal {
  readonly clientId: string
  readonly service: string
  /** When each scope was withdrawn, in epoch ms. */
  readonly scope: ReadonlyMap<string, number>
  readonly roles: ReadonlyMap<string, number>
  /** When the last scope or role was withdrawn, in epoch ms. */
  readonly at: number
}

export interface Withdrawals {
  find(clientId: string, service: string): Withdrawal | undefined
  all(): readonly Withdrawal[]
  /** Records changes and returns them. The text of a change that grants a withdrawn right again says so. */
  follow(changes: readonly RegistryChange[]): readonly RegistryChange[]
  clear(): void
}

interface Kept extends Withdrawal {
  readonly scope: Map<string, number>
  readonly roles: Map<string, number>
  at: number
}

/** `now` is in epoch ms. */
export function withdrawals(now: () => number): Withdrawals {
  const kept = new Map<string, Kept>()

  function takeAway({ clientId = '', service = '', scope = [], roles = [] }: RegistryChange): void {
    const key = edgeKey(clientId, service)
    const entry = kept.get(key) ?? { clientId, service, scope: new Map(), roles: new Map(), at: 0 }
    entry.at = now()
    for (const one of scope) entry.scope.set(one, entry.at)
    for (const one of roles) entry.roles.set(one, entry.at)
    kept.set(key, entry)
  }

  /** Removes the withdrawal, and adds its time to the text of the change. */
  function giveBack(change: RegistryChange): RegistryChange {
    const { clientId = '', service = '', scope = [], roles = [], text } = change
    const key = edgeKey(clientId, service)
    const entry = kept.get(key)
    if (entry === undefined) return change
    const { at } = entry
    const wasEmpty = entry.scope.size + entry.roles.size === 0
    const given = [...scope.map((one) => entry.scope.delete(one)), ...roles.map((one) => entry.roles.delete(one))]
    if (entry.scope.size + entry.roles.size === 0) kept.delete(key)
    if (!wasEmpty && !given.includes(true)) return change
    return { ...change, text: `${text} It was withdrawn at ${new Date(at).toISOString()}.` }
  }

  return {
    find: (clientId, service) => kept.get(edgeKey(clientId, service)),
    all: () => [...kept.values()],
    follow: (changes) =>
      changes.map((change) => {
        if (change.kind === 'withdrawn') takeAway(change)
        return change.kind === 'allowed' ? giveBack(change) : change
      }),
    clear: () => kept.clear()
  }
}
