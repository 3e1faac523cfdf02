/** The tokens that a client got for one service since the start. Times are in epoch ms. */
export interface EdgeUsage {
  /** How many tokens it got. */
  readonly tokens: number
  readonly lastTokenAt: number | undefined
  /** When each scope was last in a token. */
  readonly scope: ReadonlyMap<string, number>
  readonly refusals: number
  readonly lastRefusalAt: number | undefined
}

/** Which client has used which right. */
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

/** Its size is limited by the registry, because the names of clients and services come from there. */
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
