// What verified tokens take in memory: usual ones, and ones of the greatest size with as many members as fit.
import { createHmac } from 'node:crypto'
import { accessTokenVerifier, sharedSecret } from '../../dist/resource-server/index.js'
import { settledHeap } from '../support/settled-heap.js'

const issuer = 'https://auth.internal'
const audience = 'https://users.internal'
const secret = 'x'.repeat(32)
const seconds = Math.floor(Date.now() / 1000)
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

function token(serial, more) {
  const claims = {
    iss: issuer,
    sub: 'orders',
    client_id: 'orders',
    aud: audience,
    iat: seconds,
    exp: seconds + 3600,
    ...more
  }
  const input = `${encode({ alg: 'HS256', typ: 'at+jwt' })}.${encode({ ...claims, jti: `a${serial}` })}`
  return `Bearer ${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

async function grown(count, more) {
  const verifier = accessTokenVerifier({ issuer, audience, keys: sharedSecret(secret) })
  await verifier.verify(token('warm', more))
  const before = await settledHeap()
  for (let serial = 0; serial < count; serial++) await verifier.verify(token(serial, more))
  const bytes = (await settledHeap()) - before
  await verifier.close()
  return bytes
}

const usual = { scope: 'read_user list_user write_user', roles: ['reader', 'auditor'], realm: 'shop' }
await grown(2000, usual)
const bytes = (await grown(9000, usual)) / 9000
const worst = (await grown(3000, { x: Array.from({ length: 2300 }, () => [{}]) })) / 2 ** 20
console.log(JSON.stringify({ bytes, worst }))
