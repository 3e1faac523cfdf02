import { createHash, KeyObject, randomUUID, sign } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'

export const target = 'https://users.internal/users/7'

export interface ProofSigner {
  readonly alg: string
  readonly jwk: JWK
  readonly privateJwk: JWK
  /** RFC 7638. */
  readonly jkt: string
  /** A valid proof for GET of `target` with some claims and header members changed; `undefined` removes one. */
  proof(claims: Record<string, unknown>, header?: Record<string, unknown>): string
  /** These texts with a valid signature. */
  signed(header: string, payload: string): string
}

export function ath(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

/** A client's key and its proofs, made with jose and node:crypto, so that our code does not test itself. */
export async function proofSigner(alg = 'ES256', seconds: () => number = () => 0): Promise<ProofSigner> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(publicKey)
  const key = KeyObject.from(privateKey)
  const hash = alg === 'EdDSA' || alg === 'Ed25519' ? null : `sha${alg.slice(2)}`

  function signed(header: string, payload: string): string {
    const input = [header, payload].map((text) => Buffer.from(text).toString('base64url')).join('.')
    const padding = alg.startsWith('PS') ? { padding: 6, saltLength: -1 } : {}
    const signature = sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363', ...padding })
    return `${input}.${signature.toString('base64url')}`
  }

  return {
    alg,
    jwk,
    privateJwk: await exportJWK(privateKey),
    jkt: await calculateJwkThumbprint(jwk),
    proof(claims, header) {
      const good = { jti: randomUUID(), htm: 'GET', htu: target, iat: seconds() }
      return signed(JSON.stringify({ typ: 'dpop+jwt', alg, jwk, ...header }), JSON.stringify({ ...good, ...claims }))
    },
    signed
  }
}
