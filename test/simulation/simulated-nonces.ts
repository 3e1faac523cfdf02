import { generateKeyPairSync } from 'node:crypto'
import { text } from './answers.ts'
import { epoch } from './host.ts'
import { type Chance, chanceOf } from './simulated-chance.ts'
import type { Timeline } from './timeline.ts'
import { hour, minute, second } from './units.ts'
import type { Script } from './wire.ts'

/** The claims of a proof (RFC 9449 §4.2). */
export interface Proof {
  readonly jti: string
  readonly htm: string
  readonly htu: string
  readonly iat: number
  readonly ath?: string
  readonly nonce?: string
}

/** Judges the proofs that one server receives. */
export interface ProofJudge {
  /** The refusal of a proof; undefined if it is accepted. `clockError` is how far the sender's clock is off, in milliseconds. */
  refusal(proof: Proof, clockError: number): Script | undefined
  /** The answer, half of the time with the next nonce. */
  withNonce(script: Script): Script
}

/** The proofs of a run and the judges of its servers. */
export interface Proofs {
  readonly seen: Set<string>
  /** The key is the origin of a resource server or the URL of the token endpoint. */
  readonly judges: ReadonlyMap<string, ProofJudge>
  /** Every second machine uses Bearer tokens from the same server. */
  readonly isMixed: boolean
}

/** Made before any run, because it takes real time. Ed25519 is used because it signs fast. */
export const proofKey = generateKeyPairSync('ed25519').privateKey

/** Undefined for runs without DPoP. Those draw nothing here, so their seeds keep their course. */
export function drawProofs(seed: number, line: Timeline, servers: readonly string[]): Proofs | undefined {
  if (seed % 10 !== 8) return undefined
  const chance = chanceOf(seed)
  const judges = new Map(servers.map((name) => [name, proofJudge(line, chance.fork())]))
  return { seen: new Set(), judges, isMixed: seed % 30 === 18 }
}

type Rule = 'none' | 'window' | 'one use'
const rules: readonly Rule[] = ['none', 'window', 'one use', 'one use']

const mostDifference = 5 * minute
/** The library does not believe a `Date` that is a day away. A server that relied on it would accept no proof at all. */
const believed = 23 * hour

function proofJudge(line: Timeline, chance: Chance): ProofJudge {
  const unused = new Set<string>()
  let rule = chance.pick(rules)
  let ruleEndsAt = 0
  let count = 0

  function ruleNow(): Rule {
    if (line.now >= ruleEndsAt) {
      rule = chance.pick(rules)
      ruleEndsAt = line.now + chance.magnitude(minute, 12 * hour)
      unused.clear()
    }
    return rule
  }

  function next(): string {
    if (ruleNow() === 'window') return `window-${Math.floor(line.now / minute)}`
    count += 1
    unused.add(`once-${count}`)
    return `once-${count}`
  }

  function takes(nonce = ''): boolean {
    if (ruleNow() === 'none') return true
    const current = Math.floor(line.now / minute)
    if (rule === 'window') return [`window-${current}`, `window-${current - 1}`].includes(nonce)
    return unused.delete(nonce)
  }

  return {
    refusal({ iat, nonce }, clockError) {
      const now = epoch + line.now
      const isMisdated = Math.abs(iat * second - now) > mostDifference && Math.abs(clockError) < believed
      if (isMisdated) return refused('invalid_dpop_proof', { date: new Date(now).toUTCString() })
      return takes(nonce) ? undefined : refused('use_dpop_nonce', { 'dpop-nonce': next() })
    },
    withNonce(script) {
      if (ruleNow() === 'none' || !chance.happens(0.5)) return script
      return { ...script, headers: { ...script.headers, 'dpop-nonce': next() } }
    }
  }

  function refused(error: string, headers: Script['headers']): Script {
    const challenge = { 'www-authenticate': `DPoP error="${error}"`, 'content-type': 'application/json' }
    return text(chance, 401, JSON.stringify({ error }), { ...challenge, ...headers })
  }
}
