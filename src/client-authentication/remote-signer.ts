import type { KeyObject } from 'node:crypto'
import type { CryptoKey } from 'jose'
import { builtin } from '../builtin.ts'
import { TokenClientError } from '../errors.ts'
import { kindOf } from '../wrong-option.ts'

/**
 * Signs bytes with a key that this process does not have: in a key service, an HSM, a TPM. The signature is raw, as JWS has it
 * (RFC 7518 §3): for ES256 the two numbers of 32 bytes each, and not the DER form that some services give.
 */
export type Sign = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>

/** Bytes of a signature; one by RSA is as long as its key, 2048 bits at least. */
const lengths: Readonly<Record<string, number>> = { ES256: 64, ES384: 96, ES512: 132, EdDSA: 64, Ed25519: 64 }
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
  const expected = lengths[alg]
  if (expected === undefined ? length >= leastRsaBytes : length === expected) {
    if (publicKey !== undefined && !isBy(publicKey, alg, input, signature))
      throw signerFailed('signed with a key that does not fit publicKey. Check which key it uses, and alg')
    return Buffer.from(signature).toString('base64url')
  }
  const isDer = alg.startsWith('ES') && signature[0] === 0x30
  throw signerFailed(
    isDer
      ? `returned the DER form. JWS wants the raw one of ${expected} bytes (RFC 7518 §3.4): convert it`
      : `returned ${length} bytes, which is no signature of ${alg}. Check that its key and alg fit`
  )
}

function isBy(key: KeyObject, alg: string, input: string, signature: Uint8Array): boolean {
  const { constants, verify } = builtin.crypto
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  const hash = alg.startsWith('Ed') ? null : `sha${alg.slice(2)}`
  const how = { key, dsaEncoding: 'ieee-p1363', ...(alg.startsWith('PS') && pss) } as const
  try {
    return verify(hash, Buffer.from(input), how, signature)
  } catch {
    return false // a key of another kind than the algorithm's
  }
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

/** A key of WebCrypto as a signer: it can be one that nobody can export. Undefined for what signs nothing. */
export function cryptoKeySigner(key: CryptoKey): { readonly alg: string; readonly sign: Sign } | undefined {
  const alg = algorithmOf(key)
  if (alg === undefined || key.type !== 'private' || !key.usages.includes('sign')) return undefined
  const { name } = key.algorithm
  const size = Number(alg.slice(2))
  const parameters = name === 'Ed25519' ? { name } : { name, hash: `SHA-${size}`, saltLength: size / 8 }
  return {
    alg,
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign(parameters, key, Uint8Array.from(bytes)))
  }
}

const ecdsa: Readonly<Record<string, string>> = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' }
const rsa: Readonly<Record<string, string>> = { 'RSASSA-PKCS1-v1_5': 'RS', 'RSA-PSS': 'PS' }

function algorithmOf({ algorithm }: CryptoKey): string | undefined {
  const { name, namedCurve = '', hash } = algorithm as { name: string; namedCurve?: string; hash?: { name: string } }
  if (name === 'Ed25519') return 'EdDSA'
  if (name === 'ECDSA') return ecdsa[namedCurve]
  const size = /^SHA-(256|384|512)$/.exec(hash?.name ?? '')?.[1]
  const kind = rsa[name]
  return kind === undefined || size === undefined ? undefined : kind + size
}
