// What a proof costs the one who receives a known token. Each request has a new proof, which was signed before the clock runs.
import { createHash, generateKeyPairSync, randomUUID, sign, verify } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { accessTokenVerifier, jwks } from '../../dist/resource-server/index.js'
import { ratio } from '../support/slices.js'
import { median } from '../support/statistics.js'

const [turns] = process.argv.slice(2).map(Number)
const perTurn = 200
const issuer = 'https://auth.internal'
const audience = 'https://users.internal'
const htu = `${audience}/users/7`
const seconds = Math.floor(Date.now() / 1000)

const client = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = client.publicKey.export({ format: 'jwk' })
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
const keys = jwks({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] })
const bound = await token({ cnf: { jkt: await calculateJwkThumbprint(jwk) } })
const free = await token({})
const ath = createHash('sha256').update(bound).digest('base64url')

function token(claims) {
  const usual = { iss: issuer, sub: 'orders', client_id: 'orders', aud: audience, iat: seconds, exp: seconds + 43_200 }
  return new SignJWT({ ...usual, jti: randomUUID(), scope: 'read_user', ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'one' })
    .sign(privateKey)
}

function proof() {
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk }
  const claims = { jti: randomUUID(), htm: 'GET', htu, iat: Math.floor(Date.now() / 1000), ath }
  const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const key = { key: client.privateKey, dsaEncoding: 'ieee-p1363' }
  return { input, signature: sign('sha256', Buffer.from(input), key) }
}

const verifier = accessTokenVerifier({ issuer, audience, keys, dpop: 'accepted', externalUrl: audience })

/** Each takes a proof, and gives what somebody waits for. */
const ways = {
  dpop: ({ input, signature }) => {
    const headers = { authorization: `DPoP ${bound}`, dpop: `${input}.${signature.toString('base64url')}` }
    return verifier.verify({ headers, method: 'GET', url: '/users/7' })
  },
  bearer: () => verifier.verify({ headers: { authorization: `Bearer ${free}` }, method: 'GET', url: '/users/7' }),
  signatureAlone: ({ input, signature }) =>
    verify('sha256', Buffer.from(input), { key: client.publicKey, dsaEncoding: 'ieee-p1363' }, signature)
}

const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
for (let turn = -5; turn < turns; turn++) {
  for (const [name, way] of Object.entries(ways)) {
    const proofs = Array.from({ length: perTurn }, proof)
    const began = process.hrtime.bigint()
    for (const one of proofs) await way(one)
    if (turn >= 0) times[name].push(Number(process.hrtime.bigint() - began) / perTurn)
  }
}
console.log(
  JSON.stringify(
    Object.fromEntries(
      Object.entries(times).map(([name, own]) => [
        name,
        { microseconds: median(own) / 1000, overSignature: ratio(own, times.signatureAlone) }
      ])
    )
  )
)
