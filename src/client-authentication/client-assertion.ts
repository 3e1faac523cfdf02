import type { KeyObject } from 'node:crypto'
import type { CryptoKey, JWTPayload } from 'jose'
import { builtin } from '../builtin.ts'
import { TokenClientError } from '../errors.ts'
import { late } from '../late.ts'
import { load } from '../load.ts'
import { jwsPart } from '../proof/raw-signature.ts'
import { wrong } from '../wrong-option.ts'
import { presentAssertion } from './assertion.ts'
import type { TokenRequestDraft } from './client-authentication.ts'
import { remoteSignature, type Sign } from './remote-signer.ts'

/** Signs with a key that is in this process. */
export const joseCode = late(async () => load('jose', () => import('jose')))

/** What signs an assertion, and how. */
export interface Signer {
  readonly alg: string
  readonly kid?: string | undefined
  /** SHA-256 of the certificate that the server knows the key by (RFC 7515 §4.1.8). */
  readonly certificateThumbprint?: string | undefined
  /** The function that signs if the key is outside this process. */
  readonly key: CryptoKey | KeyObject | Uint8Array | Sign
  /** The public key for the signatures of the function, if it is known. */
  readonly publicKey?: KeyObject | undefined
}

const lifetime = 60
/** A moment before this library was written. A clock that shows an earlier time was never set. */
const earliest = Date.UTC(2025, 0, 1)

/**
 * Writes an assertion of the client into the form (RFC 7523 §2.2, §3). The audience is the issuer, as one
 * string, unless `audience` names another one. A server that still expects its token endpoint there gets the older form, without `typ`.
 */
export async function signAssertion(draft: TokenRequestDraft, signer: Signer, audience = draft.issuer): Promise<void> {
  const { clientId, tokenEndpoint, now } = draft
  if (audience === undefined) issuerMissing()
  if (now < earliest) throw clockInvalid()
  draft.dated = true

  const iat = Math.floor(now / 1000)
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: audience,
    iat,
    exp: iat + lifetime,
    jti: builtin.crypto.randomUUID()
  }
  const { alg, kid, certificateThumbprint } = signer
  const header = {
    alg,
    ...(audience !== tokenEndpoint && { typ: 'client-authentication+jwt' }),
    ...(kid !== undefined && { kid }),
    ...(certificateThumbprint !== undefined && { 'x5t#S256': certificateThumbprint })
  }
  if (typeof signer.key === 'function') draft.deadline.awaits('the sign function', 'ERR_SECRET_UNAVAILABLE')
  presentAssertion(draft, await signedJwt(header, claims, signer))
}

async function signedJwt(header: object, claims: JWTPayload, { alg, key, publicKey }: Signer): Promise<string> {
  if (typeof key === 'function') {
    const input = `${jwsPart(header)}.${jwsPart(claims)}`
    return `${input}.${await remoteSignature(key, alg, input, publicKey)}`
  }
  const { SignJWT } = joseCode.loaded ?? (await joseCode.load())
  return new SignJWT(claims).setProtectedHeader({ ...header, alg }).sign(key)
}

function issuerMissing(): never {
  const fault = 'is missing, but a client assertion names it as its audience'
  wrong('issuer', fault, 'Give issuer, or audience to the method.', 'ERR_MISSING_OPTION')
}

function clockInvalid(): TokenClientError {
  const message = "This machine's clock is before 2025, so no assertion can be dated. Set the clock."
  return new TokenClientError('ERR_CLOCK_INVALID', message, { transient: true })
}
