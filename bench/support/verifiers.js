import { createPublicKey } from 'node:crypto'
import { JwtVerifier } from 'aws-jwt-verify'
import { auth } from 'express-oauth2-jwt-bearer'
import { createVerifier } from 'fast-jwt'
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import { accessTokenVerifier, jwks } from '../../dist/resource-server/index.js'

const issuer = 'https://auth.internal'
const audience = 'https://users.internal'

/** An issuer of RFC 9068 tokens of about the usual size. */
export async function tokenIssuer(alg) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg, use: 'sig' }] }
  const seconds = Math.floor(Date.now() / 1000)
  let serial = 0
  return {
    keys,
    token: () =>
      new SignJWT({
        ...{ iss: issuer, sub: 'orders', client_id: 'orders', aud: audience, iat: seconds, exp: seconds + 43_200 },
        ...{ jti: `a1b2c3d4-${++serial}`, scope: 'read_user list_user write_user', roles: ['reader', 'auditor'] },
        realm: 'x'.repeat(200)
      })
        .setProtectedHeader({ alg, typ: 'at+jwt', kid: 'one' })
        .sign(privateKey)
  }
}

/** Name → a function of a token that answers with its claims, or with a promise of them. Each checks type, issuer, audience and lifetime. */
export const verifiers = {
  ours({ keys }) {
    const verifier = accessTokenVerifier({ issuer, audience, keys: jwks(keys) })
    return (token) => verifier.verify(`Bearer ${token}`)
  },
  /** The same, and each token is one that was never seen. */
  oursFresh({ keys }) {
    const source = jwks(keys)
    const forgetful = { ...source, open: (context) => ({ ...source.open(context), isCurrent: () => false }) }
    const verifier = accessTokenVerifier({ issuer, audience, keys: forgetful })
    return (token) => verifier.verify(`Bearer ${token}`)
  },
  jose({ keys }) {
    const set = createLocalJWKSet(keys)
    return (token) => jwtVerify(token, set, { issuer, audience, typ: 'at+jwt' })
  },
  awsJwtVerify({ keys }) {
    const verifier = JwtVerifier.create({ issuer, audience, jwksUri: 'https://auth.internal/jwks' })
    verifier.cacheJwks(keys)
    return (token) => verifier.verify(token)
  },
  fastJwt: ({ keys }) => fastJwt(keys, false),
  fastJwtCached: ({ keys }) => fastJwt(keys, true),
  expressOauth2JwtBearer({ keys }) {
    const guard = auth({ issuer, audience, publicKey: keys.keys[0], strict: true })
    return (token) =>
      new Promise((resolve, reject) => guard(requestWith(token), {}, (error) => (error ? reject(error) : resolve())))
  }
}

function fastJwt({ keys: [jwk] }, cache) {
  const key = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
  return createVerifier({ key, allowedIss: issuer, allowedAud: audience, checkTyp: 'at+jwt', cache })
}

function requestWith(token) {
  const headers = { authorization: `Bearer ${token}`, host: 'users.internal' }
  const get = (name) => headers[name.toLowerCase()]
  return {
    get,
    headers,
    method: 'GET',
    url: '/',
    originalUrl: '/',
    protocol: 'https',
    query: {},
    body: {},
    is: () => false
  }
}
