import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { ClientConfigurationError } from '../../errors.ts'
import { jwkThumbprint } from '../../proof/public-jwk.ts'
import {
  type AsymmetricAlgorithm,
  asymmetricAlgorithms,
  type SymmetricAlgorithm,
  symmetricAlgorithms
} from '../../proof/signature-algorithms.ts'

/** The verifier of this library does not know these (RFC 9964). They are here to test what a resource server does with an unknown algorithm. */
const postQuantum = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const

/** The algorithms that can sign access tokens. HS256, HS384 and HS512 need a `signingSecret`. ML-DSA needs a Node that supports it. */
export type SigningAlgorithm = AsymmetricAlgorithm | SymmetricAlgorithm | (typeof postQuantum)[number]

export const signingAlgorithms: readonly SigningAlgorithm[] = [
  ...asymmetricAlgorithms,
  ...postQuantum,
  ...symmetricAlgorithms
]

export interface SigningKey {
  /** Undefined for a shared secret. */
  readonly kid: string | undefined
  readonly algorithm: SigningAlgorithm
  readonly privateKey: CryptoKey | Uint8Array
  /** The published key, with `kid`, `alg` and `use` (RFC 7517 §4); undefined for a shared secret, which is not published. */
  readonly publicJwk: JWK | undefined
  /** Epoch ms. */
  readonly createdAt: number
}

export interface SigningKeys {
  /** The key that signs new tokens. */
  current(): SigningKey
  /** The current key, and previous keys until their overlap ends. */
  published(): readonly JWK[]
  /** Signs with a new key from now on. The previous key stays published for `overlap` ms. */
  rotate(overlap: number): Promise<void>
  /** Called after each rotation. */
  onRotate(listener: (sentence: string) => void): void
}

/** Stores keys beyond the life of the process. */
export interface KeyStore {
  read(): Promise<readonly SavedKey[]>
  write(keys: readonly SavedKey[]): Promise<void>
}

export interface SavedKey {
  readonly privateJwk: JWK
  readonly createdAt: number
  /** Until when it stays published, in epoch ms; undefined for the current key. */
  readonly until?: number
}

export interface SigningKeysOptions {
  readonly algorithm: SigningAlgorithm
  readonly secret: string | undefined
  readonly store: KeyStore | undefined
  /** Epoch ms. */
  readonly now: () => number
}

/** @throws ClientConfigurationError if this Node cannot create such keys, or if the stored keys are for another algorithm */
export async function signingKeys(options: SigningKeysOptions): Promise<SigningKeys> {
  const { algorithm, secret, store, now } = options
  if (secret !== undefined) return sharedSecret(algorithm, secret, now())
  const saved = (await store?.read()) ?? []
  let kept = await Promise.all(saved.map((key) => savedKey(key, algorithm)))
  const listeners: ((sentence: string) => void)[] = []

  function current(): KeptKey {
    return kept.find(({ until }) => until === undefined) as KeptKey
  }

  async function add(overlap: number): Promise<void> {
    const next = await newKey(algorithm, now(), store !== undefined)
    const until = now() + overlap
    const earlier = kept.filter((key) => key.until === undefined || now() < key.until)
    kept = [...earlier.map((key) => ({ ...key, until: key.until ?? until })), next]
    await store?.write(await Promise.all(kept.map(toSave)))
  }

  if (current() === undefined) await add(0)
  return {
    current,
    published: () =>
      [current(), ...kept.filter(({ until = 0 }) => now() < until)].map(({ publicJwk }) => publicJwk as JWK),
    async rotate(overlap) {
      await add(overlap)
      const rest =
        overlap > 0
          ? `The previous key stays published for ${Math.round(overlap / 1000)} s.`
          : 'The previous key was removed.'
      for (const listener of listeners) listener(`Tokens are signed with a new key. ${rest}`)
    },
    onRotate: (listener) => void listeners.push(listener)
  }
}

interface KeptKey extends SigningKey {
  readonly privateKey: CryptoKey
  /** Until when it is published, in epoch ms; undefined for the current key. */
  readonly until?: number
}

async function newKey(algorithm: SigningAlgorithm, createdAt: number, extractable: boolean): Promise<KeptKey> {
  const pair = await generateKeyPair(algorithm, { extractable }).catch(() => {
    throw new ClientConfigurationError('ERR_INVALID_OPTION', `This version of Node cannot sign with ${algorithm}.`)
  })
  return { ...published(await exportJWK(pair.publicKey), algorithm), privateKey: pair.privateKey, createdAt }
}

function published(jwk: JWK, algorithm: SigningAlgorithm) {
  const kid = jwkThumbprint({ ...jwk }) as string // jose has created or read this key, so it is complete
  return { kid, algorithm, publicJwk: { ...jwk, kid, alg: algorithm, use: 'sig' } }
}

async function savedKey({ privateJwk, createdAt, until }: SavedKey, algorithm: SigningAlgorithm): Promise<KeptKey> {
  if (privateJwk.alg !== algorithm) {
    const sentence = `The stored keys are for ${privateJwk.alg}, but the server signs with ${algorithm}. Name another file.`
    throw new ClientConfigurationError('ERR_INVALID_OPTION', sentence)
  }
  const { d, p, q, dp, dq, qi, priv, kid, use, alg, ...publicJwk } = privateJwk
  const privateKey = (await importJWK({ ...privateJwk, alg: algorithm }, algorithm, { extractable: true })) as CryptoKey
  return {
    ...published(publicJwk as JWK, algorithm),
    privateKey,
    createdAt,
    ...(until !== undefined && { until })
  }
}

async function toSave({ privateKey, algorithm, createdAt, until }: KeptKey): Promise<SavedKey> {
  const privateJwk = { ...(await exportJWK(privateKey)), alg: algorithm }
  return { privateJwk, createdAt, ...(until !== undefined && { until }) }
}

/** Anyone who can verify with the secret can sign with it, so it is neither published nor rotated. */
function sharedSecret(algorithm: SigningAlgorithm, secret: string, createdAt: number): SigningKeys {
  const privateKey = new TextEncoder().encode(secret)
  return {
    current: () => ({ kid: undefined, algorithm, privateKey, publicJwk: undefined, createdAt }),
    published: () => [],
    rotate() {
      const sentence =
        'The server signs with a shared secret, which cannot be rotated while it runs. Start it with another secret.'
      return Promise.reject(new ClientConfigurationError('ERR_INVALID_OPTION', sentence))
    },
    onRotate: () => {}
  }
}
