import type { JsonWebKey, KeyObject } from 'node:crypto'
import type { CryptoKey } from 'jose'
import { builtin } from '../builtin.ts'
import { TokenClientError } from '../errors.ts'
import { asymmetricAlgorithms, signatureAlgorithm } from '../proof/signature-algorithms.ts'
import { isSignedBy } from '../proof/signature-check.ts'
import { kindOf, wrong } from '../wrong-option.ts'

/**
 * Signs bytes with a key that this process does not have: in a key service, an HSM, a TPM. The signature is raw, as JWS has it
 * (RFC 7518 §3): for ES256 the two numbers of 32 bytes each, and not the DER form that some services give.
 */
export type Sign = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>

/** A signature by RSA is as long as its key, 2048 bits at least. */
const leastRsaBytes = 256

/**
 * The signature that a signer gives, base64url. Throws `ERR_SECRET_UNAVAILABLE` when it fails, gives something else, or signs with
 * another key than the public one that it should fit.
 */
export async function remoteSignature(sign: Sign, alg: string, input: string, publicKey?: KeyObject): Promise<string> {
  const signature = await called(sign, Buffer.from(input))
  if (!(signature instanceof Uint8Array))
    throw signerFailed(`returned ${kindOf(signature)}. Have it return the signature as a Uint8Array`)
  const { length } = signature
  const expected = signatureAlgorithm(alg)?.signatureBytes
  if (expected === undefined ? length >= leastRsaBytes : length === expected) {
    if (publicKey !== undefined && !isSignedBy(publicKey, alg, input, signature))
      throw signerFailed('signed with a key that does not fit publicKey. Check which key it uses, and alg')
    return Buffer.from(signature).toString('base64url')
  }
  const isDer = alg.startsWith('ES') && signature[0] === 0x30
  throw signerFailed(
    isDer
      ? `returned the DER form. JWS needs the raw form of ${expected} bytes (RFC 7518 §3.4): convert it`
      : `returned ${length} bytes, which is not the length of a signature by ${alg}. Check that its key and alg match`
  )
}

async function called(sign: Sign, bytes: Uint8Array): Promise<unknown> {
  try {
    return await sign(bytes)
  } catch (cause) {
    throw signerFailed(cause instanceof Error ? 'failed: see the cause' : 'failed', { transient: true, cause })
  }
}

function signerFailed(fault: string, { transient = false, cause }: { transient?: boolean; cause?: unknown } = {}) {
  return new TokenClientError('ERR_SECRET_UNAVAILABLE', `The sign function ${fault}.`, { transient, cause })
}

/** The public half of the signer's key. Throws ClientConfigurationError. */
export function publicKeyOption(option: string, given: string | JsonWebKey | KeyObject): KeyObject {
  const { KeyObject, createPublicKey } = builtin.crypto
  try {
    if (given instanceof KeyObject) return given.type === 'public' ? given : createPublicKey(given)
    return createPublicKey(typeof given === 'string' ? given : { key: given, format: 'jwk' })
  } catch {
    wrong(option, 'holds no public key', 'Give the public key of the signer as PEM, a JWK or a KeyObject.')
  }
}

export function isCryptoKey(key: unknown): key is CryptoKey {
  return Object.prototype.toString.call(key) === '[object CryptoKey]' // jest's environments have a class of their own
}

/** A key of WebCrypto as a signer: it can be one that nobody can export. Undefined for what signs nothing. */
export function cryptoKeySigner(key: CryptoKey): { readonly alg: string; readonly sign: Sign } | undefined {
  const alg = key.type === 'private' && key.usages.includes('sign') ? algorithmOf(key) : undefined
  if (alg === undefined) return undefined
  const { hash } = signatureAlgorithm(alg) ?? {}
  const bits = Number(hash?.slice(3))
  const { name } = key.algorithm
  const parameters = hash === undefined ? { name } : { name, hash: `SHA-${bits}`, saltLength: bits / 8 }
  return {
    alg,
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign(parameters, key, Uint8Array.from(bytes)))
  }
}

function algorithmOf({ algorithm }: CryptoKey): string | undefined {
  const { name, namedCurve, hash } = algorithm as { name: string; namedCurve?: string; hash?: { name: string } }
  return asymmetricAlgorithms.find((alg) => {
    const known = signatureAlgorithm(alg)
    if (known?.webName !== name || (namedCurve ?? known.curve) !== known.curve) return false
    return hash === undefined || hash.name.replace('SHA-', 'sha') === known.hash
  })
}
