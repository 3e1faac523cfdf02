import { text } from './answers.ts'
import type { AuthorizationServer } from './simulated-authorization-server.ts'
import type { Chance } from './simulated-chance.ts'
import type { Timeline } from './timeline.ts'
import type { Script } from './wire.ts'

/** Two services that accept the same token and know nothing of each other. */
export const resourceOrigins = ['https://users.internal', 'https://orders.internal'] as const
export const foreignOrigins = ['https://elsewhere.example', 'http://users.internal', 'https://users.internal:8443']

export type ResourceTrouble = (ordinary: () => Script) => Script

export interface ResourceServer {
  /** True time. Tokens issued before it are refused, because the key that signed them is gone. */
  refusesIssuedBefore: number
  readonly troubles: ResourceTrouble[]
  accepts(token: string): boolean
  receive(token: string | undefined): Script
}

export function newResourceServer(line: Timeline, chance: Chance, { issued }: AuthorizationServer): ResourceServer {
  const server: ResourceServer = {
    refusesIssuedBefore: 0,
    troubles: [],
    accepts(value) {
      const token = issued.get(value)
      return token !== undefined && line.now < token.endsAt && token.issuedAt >= server.refusesIssuedBefore
    },
    receive(token) {
      const ordinary = () => {
        if (token !== undefined && server.accepts(token)) return text(chance, 200, 'ok')
        return unauthorized(chance)
      }
      return server.troubles.at(-1)?.(ordinary) ?? ordinary()
    }
  }
  return server
}

const challenges = ['Bearer error="invalid_token"', 'Bearer', 'Bearer realm="users"', undefined]

export function unauthorized(chance: Chance): Script {
  const challenge = chance.pick(challenges)
  return text(chance, 401, 'refused', challenge === undefined ? {} : { 'www-authenticate': challenge })
}

export function insufficientScope(chance: Chance): Script {
  const challenge = 'Bearer error="insufficient_scope", scope="admin"'
  return text(chance, chance.pick([401, 403]), 'refused', { 'www-authenticate': challenge })
}
