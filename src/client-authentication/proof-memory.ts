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
  /** Reads the `Date` of a resource server's answer. */
  learnTime(origin: string, headers: Readonly<Record<string, string>>): void
}

/** How many servers of each kind are remembered. The one that was met longest ago is forgotten first. */
const mostServers = 1000

/** `authorizationServer` is its clock, which whoever asks it for tokens keeps. */
export function proofMemory(clock: Clock, authorizationServer: ServerClock): ProofMemory {
  const nonces = new Map<string, string>()
  const clocks = new Map<string, ServerClock>()

  function nowAt(origin: string): number {
    return (clocks.get(origin) ?? authorizationServer).now()
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
    learnTime(origin, headers) {
      const known = clocks.get(origin) ?? serverClock(clock)
      known.learn({ headers }, origin)
      keep(clocks, origin, known)
    }
  }
}

function keep<Value>(map: Map<string, Value>, name: string, value: Value): void {
  map.delete(name)
  map.set(name, value)
  const [oldest] = map.keys()
  if (map.size > mostServers && oldest !== undefined) map.delete(oldest)
}
