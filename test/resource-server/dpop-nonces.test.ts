import { expect, test } from 'vitest'
import { sealedNonces } from '../../src/resource-server/dpop/nonces.ts'
import {
  type AccessTokenVerifierOptions,
  answerFor,
  anyIssuer,
  type TokenRefusedError
} from '../../src/resource-server/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { audience, testIssuer } from './issuer.ts'
import { ath, proofSigner, target } from './proofs.ts'

const by = await testIssuer()
const seconds = () => by.clock.wallTime() / 1000
const client = await proofSigner('ES256', seconds)
const token = await by.token({ cnf: { jkt: client.jkt } })
const fresh = () => by.token({ cnf: { jkt: client.jkt }, iat: seconds(), exp: seconds() + 3600 })

const demanding = (nonces: true | { lifetime?: number; secret?: string | string[] } = true) =>
  by.verifier({ dpop: { tokens: 'required', nonces } })

function request(claims: Record<string, unknown>, bound = token) {
  const proof = client.proof({ ath: ath(bound), ...claims })
  return new Request(target, { headers: { authorization: `DPoP ${bound}`, dpop: proof } })
}

test('R40 without a valid nonce the answer contains one, and with it the request is accepted', async () => {
  const verifier = demanding()
  const made = Buffer.alloc(24, 7).toString('base64url')
  for (const nonce of [undefined, '', 'x', made, null, 7, ['x'], `${verifier.dpopNonce()} `]) {
    const refused: TokenRefusedError = await verifier.verify(request({ nonce })).then(
      () => expect.fail(),
      (error) => error
    )
    expect(refused).toMatchObject({ reason: 'nonce_needed', status: 401, dpopNonce: verifier.dpopNonce() })
    expect(refused.challenge).toMatch(/^DPoP realm="[^"]*", error="use_dpop_nonce", algs="/)
    expect(answerFor(refused).headers).toMatchObject({ 'dpop-nonce': verifier.dpopNonce() })
    expect(await verifier.verify(request({ nonce: refused.dpopNonce }))).toMatchObject({ clientId: 'orders' })
  }
})

test('R40 a nonce is valid for its lifetime and for many proofs, each of which can be used once', async () => {
  const verifier = demanding({ lifetime: 60_000 })
  const bound = await fresh()
  const nonce = verifier.dpopNonce()
  const used = request({ nonce, jti: 'one' }, bound)
  await verifier.verify(used)
  await by.clock.advance(53_000)
  await verifier.verify(request({ nonce }, bound))
  const again = new Request(used)
  await expect(verifier.verify(again)).rejects.toMatchObject({ reason: 'replayed_proof' })
  await by.clock.advance(7_000)
  await expect(verifier.verify(request({ nonce }, bound))).rejects.toMatchObject({ reason: 'nonce_needed' })
  await expect(verifier.verify(new Request(used))).rejects.toMatchObject({ reason: 'nonce_needed' })
})

test('R40 with a nonce the client’s clock may be wrong by hours', async () => {
  const verifier = demanding()
  for (const wrongBy of [-7200, 7200])
    await expect(
      verifier.verify(request({ nonce: verifier.dpopNonce(), iat: seconds() + wrongBy }, await fresh()))
    ).resolves.toMatchObject({ clientId: 'orders' })
})

test('R40 a proof with another fault is refused for that reason, with the nonce for the next one', async () => {
  const verifier = demanding()
  const nonce = verifier.dpopNonce()
  await expect(verifier.verify(request({ nonce, htm: 'POST' }, await fresh()))).rejects.toMatchObject({
    reason: 'proof_of_another_request',
    dpopNonce: nonce
  })
})

test('R40 instances that share a secret take each other’s nonces, and others do not', async () => {
  const [old, current, other] = ['a', 'b', 'c'].map((letter) => letter.repeat(32)) as [string, string, string]
  const nonce = demanding({ secret: old }).dpopNonce()
  const bound = await fresh()
  for (const secret of [old, [current, old]]) await demanding({ secret }).verify(request({ nonce }, bound))
  for (const secret of [other, [current, other]])
    await expect(demanding({ secret }).verify(request({ nonce }, bound))).rejects.toMatchObject({
      reason: 'nonce_needed'
    })
})

test('R40 verifiers of several issuers behind one URL have the same nonces', async () => {
  const options: Partial<AccessTokenVerifierOptions> = { dpop: { tokens: 'accepted', nonces: true } }
  const verifier = anyIssuer([by.verifier({ issuer: 'https://other.internal' }), by.verifier(options)])
  await verifier.verify(request({ nonce: verifier.dpopNonce() }, await fresh()))
  await expect(verifier.verify(undefined)).rejects.toMatchObject({ challenge: `Bearer realm="${audience}"` })
})

test('R40 nonces are not those of another moment with the time changed, and none counts that was made far ahead', () => {
  const clock = manualClock()
  const how = { secrets: [Buffer.alloc(32, 1)], lifetime: 10_000 }
  const nonces = sealedNonces(how, clock)
  const bytes = Buffer.from(nonces.current(), 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(nonces.endOf(changed.toString('base64url'))).toBeUndefined()
  }
  expect(nonces.endOf(nonces.current())).toBe(clock.wallTime() + 10_000)
  const ahead = manualClock({ now: clock.wallTime() + 11_000 })
  expect(nonces.endOf(sealedNonces(how, ahead).current())).toBeUndefined()
})

test('where no nonces are demanded, none is given and none is looked at', async () => {
  const verifier = by.verifier({ dpop: 'required' })
  expect(verifier.dpopNonce()).toBeUndefined()
  await verifier.verify(request({ nonce: 'x' }, await fresh()))
  const refused: TokenRefusedError = await verifier.verify(undefined).then(
    () => expect.fail(),
    (error) => error
  )
  expect(answerFor(refused).headers).not.toHaveProperty('dpop-nonce')
})

test.each<[unknown, RegExp]>([
  [false, /^dpop\.nonces must be an object/],
  [{ lifetime: 10 }, /^dpop\.nonces\.lifetime is out of range/],
  [{ lifetime: 86_400_000 }, /^dpop\.nonces\.lifetime is out of range/],
  [{ secret: 'short' }, /^dpop\.nonces\.secret must have at least 32 bytes/],
  [{ secret: [] }, /^dpop\.nonces\.secret must have at least 32 bytes/],
  [{ secret: 7 }, /^dpop\.nonces\.secret must have at least 32 bytes/],
  [{ key: 'x' }, /^dpop\.nonces\.key is not an option/]
])('nonces: %j is refused', (nonces, message) => {
  expect(() => demanding(nonces as true)).toThrow(message)
})
