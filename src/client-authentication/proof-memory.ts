import type { Clock } from '../clock.ts'
import { type ServerClock, serverClock } from '../http/server-clock.ts'

/** What we remember about servers for later proofs: their nonces, and the difference of their clocks from ours. */
export interface ProofMemory {
  nonceOf(server: string): string | undefined
  keepNonce(server: string, nonce: string): void
  /** The nonce is no longer valid. */
  dropNonce(server: string, nonce: string | undefined): void
  /** Epoch ms by the clock of that server, or by the clock of the authorization server as long as the former is unknown. */
  nowAt(origin: string): number
  /** Reads the `Date` of an answer. */
  learnTime(origin: string, headers: Readonly<Record<string, string>>, isOfAuthorizationServer: boolean): void
}

/** How many servers of each kind are remembered. The one that was met longest ago is forgotten first. */
const mostServers = 1000

export function proofMemory(clock: Clock): ProofMemory {
  const nonces = new Map<string, string>()
  const clocks = new Map<string, ServerClock>()
  const usual = serverClock(clock)

  function nowAt(origin: string): number {
    return (clocks.get(origin) ?? usual).now()
  }

  return {
    nonceOf: (server) => nonces.get(server),
    keepNonce(server, nonce) {
      if (nonces.get(server) !== nonce) keep(nonces, server, nonce)
    },
    dropNonce(server, nonce) {
      if (nonces.get(server) === nonce) nonces.delete(server)
    },
    nowAt,
    learnTime(origin, headers, isOfAuthorizationServer) {
      const known = isOfAuthorizationServer ? usual : (clocks.get(origin) ?? serverClock(clock))
      known.learn({ headers }, origin)
      if (!isOfAuthorizationServer) keep(clocks, origin, known)
    }
  }
}

function keep<Value>(map: Map<string, Value>, name: string, value: Value): void {
  map.delete(name)
  map.set(name, value)
  const [oldest] = map.keys()
  if (map.size > mostServers && oldest !== undefined) map.delete(oldest)
}
