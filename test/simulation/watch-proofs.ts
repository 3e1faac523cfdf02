import { createHash } from 'node:crypto'
import type { Dispatcher } from 'undici'
import { epoch } from './host.ts'
import type { Proof } from './simulated-nonces.ts'
import type { Script } from './wire.ts'
import type { Service, World } from './world.ts'

/** A request that leaves, and what its proof must fit. */
export interface ProvenRequest {
  readonly options: Dispatcher.DispatchOptions
  /** The token that goes with it; undefined for a token request. */
  readonly token: string | undefined
  /** A client with DPoP must send a proof with it. */
  readonly needsProof: boolean
}

/** Checks I18 for a request that leaves, and returns its proof. It has none without DPoP or if it carries no token. */
export function proofSent(
  world: World,
  { name, machine: { proves } }: Service,
  { options, token, needsProof }: ProvenRequest
): Proof | undefined {
  const proof = proofIn(options)
  const isWanted = proves && needsProof
  if ((proof !== undefined) !== isWanted) world.violate('I18', name, isWanted ? 'no proof' : 'a proof without a reason')
  const scheme = proves ? 'DPoP' : 'Bearer'
  if (token !== undefined && !JSON.stringify(options.headers).includes(`"${scheme} ${token}"`))
    world.violate('I18', name, `a token that does not go as ${scheme}`)
  if (proof === undefined || world.proofs === undefined) return undefined

  const { seen } = world.proofs
  if (seen.has(proof.jti)) world.violate('I18', name, 'a proof is sent twice')
  seen.add(proof.jti)
  const [path] = options.path.split('?')
  const { htm, htu, ath } = proof
  if (htm !== options.method || htu !== `${options.origin}${path}`)
    world.violate('I18', name, `a proof for ${htm} ${htu} goes with ${options.method} ${options.origin}${path}`)
  if (ath !== hashOf(token)) world.violate('I18', name, 'a proof for another token')
  return proof
}

/** The answer of a server to a proof that it refuses; undefined if it takes the proof. */
export function proofRefusal(
  { proofs, line }: World,
  { host }: Service,
  server: string,
  proof: Proof | undefined
): Script | undefined {
  if (proof === undefined) return undefined
  return proofs?.judges.get(server)?.refusal(proof, host.wallTime() - epoch - line.now)
}

/** The answer with a nonce or without. If only some clients use DPoP, the server sends nonces to all of them. */
export function withNonce({ proofs }: World, server: string, script: Script, isProven = true): Script {
  if (!isProven && !proofs?.isMixed) return script
  return proofs?.judges.get(server)?.withNonce(script) ?? script
}

function proofIn({ headers }: Dispatcher.DispatchOptions): Proof | undefined {
  const claims = /"eyJ[\w-]*\.([\w-]+)\.[\w-]+"/.exec(JSON.stringify(headers))?.[1]
  return claims === undefined ? undefined : JSON.parse(Buffer.from(claims, 'base64url').toString())
}

function hashOf(token: string | undefined): string | undefined {
  return token === undefined ? undefined : createHash('sha256').update(token).digest('base64url')
}
