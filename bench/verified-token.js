// What a call costs a service that gets the same token again and again: ours against plain jose. `npm run bench:verified-token`
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import { accessTokenVerifier, jwks } from '../dist/resource-server/index.js'

const issuer = 'https://auth.internal'
const audience = 'https://users.internal'
const rounds = 5

async function microseconds(calls, verify) {
  const times = []
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    for (let call = 0; call < calls; call++) await verify()
    times.push(((performance.now() - start) * 1000) / calls)
  }
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)]
}

for (const alg of ['RS256', 'ES256', 'EdDSA']) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg }] }
  const claims = { sub: 'orders', client_id: 'orders', scope: 'read_user', roles: ['reader'], jti: 'one' }
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg, typ: 'at+jwt', kid: 'one' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('12h')
    .sign(privateKey)

  const verifier = accessTokenVerifier({ issuer, audience, keys: jwks(keys) })
  const keySet = createLocalJWKSet(keys)
  const jose = await microseconds(1000, () => jwtVerify(token, keySet, { issuer, audience, typ: 'at+jwt' }))
  const ours = await microseconds(20_000, () => verifier.verify(`Bearer ${token}`))
  console.log(
    `${alg.padEnd(5)}  jose jwtVerify ${jose.toFixed(1).padStart(6)} µs   verify, token known ${ours.toFixed(1).padStart(5)} µs   1/${Math.round(jose / ours)}`
  )
}
