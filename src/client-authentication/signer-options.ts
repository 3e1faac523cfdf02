import type { JsonWebKey, KeyObject } from 'node:crypto'
import type { CryptoKey } from 'jose'
import { builtin } from '../builtin.ts'
import { algorithmsOf, asymmetricAlgorithms, isStrong, signatureAlgorithm } from '../proof/signature-algorithms.ts'
import { wrong } from '../wrong-option.ts'
import type { Sign } from './remote-signer.ts'

const tooShort = 'has an RSA key of fewer than 2048 bits' // RFC 7518 §3.3

/** The public half of the signer's key, which can verify signatures by `alg`. Throws ClientConfigurationError. */
export function publicKeyOption(
  option: string,
  given: string | JsonWebKey | KeyObject,
  alg: string | undefined
): KeyObject {
  const key = publicKeyOf(option, given)
  if (!isStrong(key)) wrong(option, tooShort, 'Use a longer key.')
  const known: readonly string[] = algorithmsOf(key)
  if (alg === undefined || known.includes(alg)) return key
  const kind = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType
  wrong(
    option,
    `has a key of type ${kind}, which does not fit alg ${alg}`,
    'Give the public key of the signer, and its alg.'
  )
}

function publicKeyOf(option: string, given: string | JsonWebKey | KeyObject): KeyObject {
  const { KeyObject, createPublicKey } = builtin.crypto
  try {
    if (given instanceof KeyObject) return given.type === 'public' ? given : createPublicKey(given)
    return createPublicKey(typeof given === 'string' ? given : { key: given, format: 'jwk' })
  } catch {
    wrong(option, 'holds no public key', 'Give the public key of the signer as PEM, a JWK or a KeyObject.')
  }
}

interface CryptoKeyTerms {
  readonly alg: string | undefined
  readonly algorithms: readonly string[]
  /** What the key is to sign, for the error. */
  readonly signed: 'assertion' | 'proof'
}

/** A private key of WebCrypto that signs by `alg`, or by the algorithm of the key. Throws ClientConfigurationError. */
export function cryptoKeyOption(option: string, key: CryptoKey, { alg, algorithms, signed }: CryptoKeyTerms) {
  const signer = cryptoKeySigner(option, key)
  if (signer === undefined)
    wrong(
      option,
      `is a CryptoKey that signs no ${signed}`,
      "Give a private one that may 'sign' with RSA, EC or Ed25519."
    )
  if (!algorithms.includes(signer.alg))
    wrong(option, `is a CryptoKey that signs with ${signer.alg}`, `Give one that signs with ${algorithms.join(', ')}.`)
  const isFit = alg === undefined || alg === signer.alg || (alg === 'Ed25519' && signer.alg === 'EdDSA')
  if (!isFit)
    wrong(option, `is a CryptoKey that signs with ${signer.alg}, not with the alg that is set`, 'Leave alg out.')
  return { alg: alg ?? signer.alg, sign: signer.sign }
}

/**
 * A key of WebCrypto as a signer. It may be a key that nobody can export. Undefined if the value is not such a key. Throws
 * ClientConfigurationError if the key is too short.
 */
function cryptoKeySigner(option: string, key: CryptoKey): { readonly alg: string; readonly sign: Sign } | undefined {
  const alg = key.type === 'private' && key.usages.includes('sign') ? algorithmOf(key) : undefined
  if (alg === undefined) return undefined
  if (!isStrong(builtin.crypto.KeyObject.from(key as never))) wrong(option, tooShort, 'Use a longer key.')
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
