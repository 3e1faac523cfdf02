/** What a client has asked for at one service since the start. Times are epoch ms. */
export interface EdgeUsage {
  /** Tokens it was given. */
  readonly tokens: number
  readonly lastTokenAt: number | undefined
  /** Scope token → when it was last in a token. */
  readonly scope: ReadonlyMap<string, number>
  readonly refusals: number
  readonly lastRefusalAt: number | undefined
}

/** Who has used which right. */
export interface Usage {
  granted(clientId: string, service: string, scope: readonly string[], at: number): void
  refused(clientId: string, service: string, at: number): void
  find(clientId: string, service: string): EdgeUsage | undefined
  clear(): void
}

interface Kept extends EdgeUsage {
  tokens: number
  lastTokenAt: number | undefined
  readonly scope: Map<string, number>
  refusals: number
  lastRefusalAt: number | undefined
}

function unused(): Kept {
  return { tokens: 0, lastTokenAt: undefined, scope: new Map(), refusals: 0, lastRefusalAt: undefined }
}

/** It grows with the clients and services of the registry alone: both names come from there. */
export function usage(): Usage {
  const kept = new Map<string, Kept>()

  function edge(clientId: string, service: string): Kept {
    const key = JSON.stringify([clientId, service])
    const found = kept.get(key) ?? unused()
    kept.set(key, found)
    return found
  }

  return {
    granted(clientId, service, scope, at) {
      const used = edge(clientId, service)
      used.tokens++
      used.lastTokenAt = at
      for (const one of scope) used.scope.set(one, at)
    },
    refused(clientId, service, at) {
      const used = edge(clientId, service)
      used.refusals++
      used.lastRefusalAt = at
    },
    find: (clientId, service) => kept.get(JSON.stringify([clientId, service])),
    clear: () => kept.clear()
  }
}
