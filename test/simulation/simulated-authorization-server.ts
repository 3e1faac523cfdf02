import { answer } from './answers.ts'
import type { Chance } from './simulated-chance.ts'
import type { PlaceTrouble } from './simulated-settings.ts'
import type { Timeline } from './timeline.ts'
import { marker } from './verdict.ts'
import type { Script } from './wire.ts'

/** A token as its server knows it, in true times. */
export interface Issued {
  readonly value: string
  readonly scope: string
  readonly issuedAt: number
  readonly endsAt: number
}

/** A token request as it arrives. */
export interface Asked {
  /** The client that asks. The server may treat each client differently. */
  readonly client: string
  readonly scope: string
  readonly secret: string
  readonly tokenType: 'Bearer' | 'DPoP'
}

export interface Reply {
  readonly script: Script
  readonly issued?: Issued
}

/** Replies instead of the server. If the result is undefined, the server itself replies. */
export type Trouble = (asked: Asked, grant: () => Reply) => Reply | undefined

export interface AuthorizationServer {
  /** The newest secret. The server may still accept older secrets. */
  readonly currentSecret: string
  /** The last of these that gives a reply replies. */
  readonly troubles: Trouble[]
  /** The key is the path of a place for metadata. */
  readonly placeTroubles: Map<string, PlaceTrouble>
  readonly issued: ReadonlyMap<string, Issued>
  knows(secret: string): boolean
  addSecret(): void
  retireOldSecrets(): void
  receive(asked: Asked): Reply
}

export function newAuthorizationServer(line: Timeline, chance: Chance, life: number): AuthorizationServer {
  let secrets: string[] = []
  const troubles: Trouble[] = []
  const issued = new Map<string, Issued>()
  let count = 0

  function issue(scope: string): Issued {
    const value = `${marker}token-${++count}`
    const token = { value, scope, issuedAt: line.now, endsAt: line.now + life }
    issued.set(value, token)
    return token
  }

  function grant({ scope, secret, tokenType }: Asked): Reply {
    if (!secrets.includes(secret)) return { script: answer(chance, 401, { error: 'invalid_client' }) }
    const token = issue(scope)
    const members = { access_token: token.value, token_type: tokenType, expires_in: life / 1000, scope }
    return { script: answer(chance, 200, members), issued: token }
  }

  function addSecret(): void {
    secrets.push(`${marker}secret-${++count}`)
  }

  addSecret()
  return {
    get currentSecret() {
      return secrets.at(-1) as string
    },
    knows: (secret) => secrets.includes(secret),
    addSecret,
    retireOldSecrets() {
      secrets = secrets.slice(-1)
    },
    troubles,
    placeTroubles: new Map(),
    issued,
    receive(asked) {
      for (const trouble of troubles.toReversed()) {
        const reply = trouble(asked, () => grant(asked))
        if (reply !== undefined) return reply
      }
      return grant(asked)
    }
  }
}
