import type { JsonWebKey, KeyObject } from 'node:crypto'
import type { CryptoKey } from 'jose'
import { builtin } from '../builtin.ts'
import { late } from '../late.ts'
import { signatureBy } from '../proof/raw-signature.ts'
import { asymmetricAlgorithms, signatureAlgorithm } from '../proof/signature-algorithms.ts'
import { isCryptoKey } from '../realm.ts'
import { type CredentialSource, fixed } from './credential-source.ts'
import { keySource, type PrivateKeySource } from './key-source.ts'
import type { Sign } from './remote-signer.ts'
import { cryptoKeyOption, publicKeyOption } from './signer-options.ts'

/** The two halves of a key that WebCrypto has created. */
interface CryptoKeyHalves {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/** The source of a DPoP key: like other private keys, or WebCrypto. */
export type DpopKeySource = PrivateKeySource | CryptoKey | CryptoKeyHalves

/** The algorithms for proofs. A shared secret is not allowed (RFC 9449 §11.6), and RSA keys use only PSS. */
export const proofAlgorithms: readonly string[] = asymmetricAlgorithms.filter((name) => !name.startsWith('RS'))

/** A key to which DPoP tokens are bound, with the function that signs. */
export interface DpopKey {
  readonly alg: string
  readonly publicKey: KeyObject
  /** The signature in base64url. It is a promise only if the key is outside this process. */
  sign(input: string): string | Promise<string>
}

const remoteSigning = late(() => import('./remote-signer.ts'))

/** A key that the client creates when it is first needed. Nobody else ever has it. */
export function generatedKey(alg: string): CredentialSource<DpopKey> {
  let made: Promise<DpopKey> | undefined
  return {
    read() {
      made ??= generate(alg).catch((error) => {
        made = undefined
        throw error
      })
      return made
    }
  }
}

/** A private key of the user. It is read again before every token request, unless it is the key itself. */
export function ownKey(
  given: DpopKeySource,
  alg: string | undefined,
  algorithms: readonly string[]
): CredentialSource<DpopKey> {
  if (isCryptoKey(given)) return fixed(keyOfWebCrypto(given, alg, algorithms))
  if (isCryptoKey((given as Partial<CryptoKeyHalves> | null)?.privateKey))
    return fixed(keyOfWebCrypto((given as CryptoKeyHalves).privateKey, alg, algorithms))
  const source = keySource(given as PrivateKeySource, { alg, algorithms }, 'dpop.key')
  return {
    async read(warn, deadline) {
      const { alg, key } = await source.read(warn, deadline)
      return keyInProcess(key, alg)
    }
  }
}

/** A key outside this process. Each proof waits for `sign`. */
export function keyElsewhere(
  sign: Sign,
  alg: string,
  publicKey: string | JsonWebKey | KeyObject
): CredentialSource<DpopKey> {
  const key = publicKeyOption('dpop.publicKey', publicKey, alg)
  remoteSigning.load().catch(() => {}) // told to whoever needs a proof
  return fixed({
    alg,
    publicKey: key,
    async sign(input: string) {
      const { remoteSignature } = await remoteSigning.load()
      return remoteSignature(sign, alg, input, key)
    }
  })
}

function keyInProcess(key: KeyObject, alg: string): DpopKey {
  return { alg, publicKey: builtin.crypto.createPublicKey(key), sign: (input) => signatureBy(key, alg, input) }
}

function keyOfWebCrypto(given: CryptoKey, alg: string | undefined, algorithms: readonly string[]): DpopKey {
  const signer = cryptoKeyOption('dpop.key', given, { alg, algorithms, signed: 'proof' })
  return keyInProcess(builtin.crypto.KeyObject.from(given as never), signer.alg)
}

function generate(alg: string): Promise<DpopKey> {
  const { generateKeyPair } = builtin.crypto
  const { keyType, curve: namedCurve = '' } = signatureAlgorithm(alg) ?? {}
  return new Promise((resolve, reject) => {
    const made = (error: Error | null, _: KeyObject, key: KeyObject) =>
      error === null ? resolve(keyInProcess(key, alg)) : reject(error)
    if (keyType === 'EC') generateKeyPair('ec', { namedCurve }, made)
    else if (keyType === 'OKP') generateKeyPair('ed25519', {}, made)
    else generateKeyPair('rsa', { modulusLength: 2048 }, made)
  })
}
