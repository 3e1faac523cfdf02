import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../clock.ts'
import { asymmetricAlgorithms } from '../../proof/signature-algorithms.ts'
import { checkNonces, type Nonces, sealedNonces } from '../../resource-server/dpop/nonces.ts'
import { ProofCheck, type ProvenRequest } from '../../resource-server/dpop/proof-check.ts'
import { RefusedToken } from '../../resource-server/token-refused-error.ts'
import type { Fault } from '../faults/fault.ts'
import { OAuthError } from '../http/refusal-error.ts'
import type { RegisteredClient } from '../registry/model.ts'
import type { NonceRule } from '../registry/registration.ts'

/** Decides which key a new token is bound to (RFC 9449 §5). */
export interface TokenBinding {
  /** @throws OAuthError `invalid_dpop_proof`, `use_dpop_nonce` */
  check(request: TokenRequest, client: RegisteredClient): Bound
  close(): void
}

interface TokenRequest {
  readonly headers: IncomingHttpHeaders
  readonly fault: Fault
}

interface Bound {
  /** The thumbprint of the key; undefined if the token is not bound to a key. */
  readonly jkt: string | undefined
  /** The nonce for the next proof, if nonces are required. */
  readonly nonce: string | undefined
}

export interface TokenBindingOptions {
  /** The URLs by which clients may call the token endpoint. */
  readonly tokenEndpoints: readonly string[]
  /** The rule for clients that have no rule of their own. */
  readonly nonces: NonceRule
  /** The clock of the server, with its fault. */
  readonly clock: Clock
}

const window = 60_000

export function tokenBinding({ tokenEndpoints, nonces, clock }: TokenBindingOptions): TokenBinding {
  const sealed = sealedNonces(checkNonces(true), clock)
  const once = singleNonces(clock)
  const checks = new Map<NonceRule, ProofCheck>()

  function checkFor(rule: NonceRule): ProofCheck {
    const demanded = rule === 'once' ? once : rule ? sealed : undefined
    const found =
      checks.get(rule) ?? new ProofCheck({ algorithms: asymmetricAlgorithms, window, nonces: demanded }, clock)
    checks.set(rule, found)
    return found
  }

  return {
    check({ headers, fault }, client) {
      const { dpop: proof } = headers
      if (proof === undefined && client.dpop === 'required')
        throw new OAuthError('invalid_dpop_proof', 'The tokens of this client are bound to a DPoP key. Send a proof.')
      if (typeof proof !== 'string') return { jkt: undefined, nonce: undefined }
      const check = checkFor(client.dpopNonces ?? nonces)
      try {
        if (proof.includes(',')) throw new RefusedToken('several_proofs')
        const jkt = check.check(provenRequest(headers, proof, tokenEndpoints))
        if (fault.staleNonce === true) throw new RefusedToken('nonce_needed')
        return { jkt, nonce: check.nonce() }
      } catch (error) {
        throw error instanceof RefusedToken ? refusal(error, check.nonce() ?? sealed.current()) : error
      }
    },
    close() {
      for (const check of checks.values()) check.close()
    }
  }
}

function provenRequest(headers: IncomingHttpHeaders, proof: string, tokenEndpoints: readonly string[]): ProvenRequest {
  // On this machine the server can be called by several names.
  const asCalled = ['http', 'https'].map((scheme) => `${scheme}://${headers.host}/token`)
  return { proof, method: 'POST', urls: [...tokenEndpoints, ...asCalled], identity: headers }
}

function refusal({ reason, message }: RefusedToken, nonce: string): OAuthError {
  if (reason !== 'nonce_needed') return new OAuthError('invalid_dpop_proof', sentences[reason] ?? message)
  const sentence = 'The proof has no nonce of this server, or its nonce has expired. Use the nonce in DPoP-Nonce.'
  return new OAuthError('use_dpop_nonce', sentence, { headers: { 'dpop-nonce': nonce } })
}

/** Reasons that the resource server tells in other words. */
const sentences: Partial<Record<RefusedToken['reason'], string>> = {
  wrong_proof_key: 'The header of the proof does not have a public key for its algorithm.',
  proof_of_another_request: 'The proof is for another method or URL than this request.'
}

const singleLifetime = 300_000
const mostOutstanding = 10_000

/** Nonces that can be used for one proof each. */
function singleNonces(clock: Clock): Nonces {
  /** When each nonce expires, in epoch ms. */
  const outstanding = new Map<string, number>()
  return {
    lifetime: singleLifetime,
    current() {
      const nonce = randomBytes(24).toString('base64url')
      outstanding.set(nonce, clock.wallTime() + singleLifetime)
      const [oldest] = outstanding.keys()
      if (outstanding.size > mostOutstanding && oldest !== undefined) outstanding.delete(oldest)
      return nonce
    },
    endOf(nonce) {
      const end = outstanding.get(String(nonce))
      outstanding.delete(String(nonce))
      return end !== undefined && clock.wallTime() < end ? end : undefined
    }
  }
}
