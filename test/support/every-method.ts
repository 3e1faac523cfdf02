import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  type ClientAuthentication,
  clientSecretBasic,
  clientSecretJwt,
  clientSecretPost,
  privateKeyJwt,
  selfSignedTlsClientAuth,
  tlsClientAuth
} from '../../src/index.ts'
import { authority, type Certificate, certificate } from './certificates.ts'

/** What a registered client has, so that it can prove itself in every way. */
export interface Identity {
  readonly secret: string
  readonly keys: Readonly<
    Record<'RS256' | 'PS256' | 'ES256' | 'EdDSA', { privateKey: KeyObject; publicKey: KeyObject }>
  >
  readonly ca: Certificate
  readonly server: Certificate
  /** Issued by the authority. */
  readonly issued: Certificate
  readonly selfSigned: Certificate
}

export async function newIdentity(name: string): Promise<Identity> {
  const ca = await authority()
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    secret: 'p%: +&~ and thirty-two bytes of it',
    keys: {
      RS256: rsa,
      PS256: rsa,
      ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      EdDSA: generateKeyPairSync('ed25519')
    },
    ca,
    server: await certificate('127.0.0.1', ca),
    issued: await certificate(name, ca),
    selfSigned: await certificate(name)
  }
}

/** The public keys, each with the name of its algorithm as `kid`. RSA is there once. */
export function jwksOf({ keys }: Identity) {
  const published = (['RS256', 'ES256', 'EdDSA'] as const).map((alg) => {
    const { kty = '', ...jwk } = keys[alg].publicKey.export({ format: 'jwk' })
    return { ...jwk, kty, kid: alg === 'RS256' ? 'rsa' : alg }
  })
  return { keys: published }
}

export interface Way {
  readonly name: string
  /** As servers know it. */
  readonly method: string
  authentication(identity: Identity): ClientAuthentication
  /** The same with a credential that the server does not know. */
  wrong(identity: Identity, stranger: Identity): ClientAuthentication
}

const signed = (alg: 'RS256' | 'PS256' | 'ES256' | 'EdDSA'): Way => {
  const kid = alg.endsWith('S256') && alg !== 'ES256' ? 'rsa' : alg
  const by = ({ keys }: Identity) => privateKeyJwt({ key: keys[alg].privateKey, alg, kid })
  return {
    name: `private_key_jwt with ${alg}`,
    method: 'private_key_jwt',
    authentication: by,
    wrong: (_, stranger) => by(stranger)
  }
}

const wrongSecret = 'another secret, of thirty-two bytes'

/** Every method that proves itself in the message. */
export const waysInMessage: readonly Way[] = [
  {
    name: 'client_secret_basic',
    method: 'client_secret_basic',
    authentication: ({ secret }) => clientSecretBasic(secret),
    wrong: () => clientSecretBasic(wrongSecret)
  },
  {
    name: 'client_secret_post',
    method: 'client_secret_post',
    authentication: ({ secret }) => clientSecretPost(secret),
    wrong: () => clientSecretPost(wrongSecret)
  },
  {
    name: 'client_secret_jwt',
    method: 'client_secret_jwt',
    authentication: ({ secret }) => clientSecretJwt(secret),
    wrong: () => clientSecretJwt(wrongSecret)
  },
  signed('RS256'),
  signed('PS256'),
  signed('ES256'),
  signed('EdDSA')
]

/** Every method that proves itself in the connection. */
export const waysInConnection: readonly Way[] = [
  {
    name: 'tls_client_auth',
    method: 'tls_client_auth',
    authentication: ({ issued, ca }) => tlsClientAuth({ ...issued, ca: ca.cert }),
    wrong: ({ ca }, { issued }) => tlsClientAuth({ ...issued, ca: ca.cert })
  },
  {
    name: 'self_signed_tls_client_auth',
    method: 'self_signed_tls_client_auth',
    authentication: ({ selfSigned, ca }) => selfSignedTlsClientAuth({ ...selfSigned, ca: ca.cert }),
    wrong: ({ ca }, { selfSigned }) => selfSignedTlsClientAuth({ ...selfSigned, ca: ca.cert })
  }
]
