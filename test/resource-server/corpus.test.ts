import fc from 'fast-check'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { audience, issuer, testIssuer } from './issuer.ts'

const seed = 20_260_101

describe.each([
  ['ES256', 1000],
  ['RS256', 100],
  ['EdDSA', 100]
] as const)('%s', async (alg, runs) => {
  const by = await testIssuer(alg)
  const other = await testIssuer(alg)
  const verifier = by.verifier()
  const good = await by.token()
  const [header = '', payload = '', signature = ''] = good.split('.')
  const foreign = (await other.token()).split('.')

  const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const letter = fc.constantFrom(...base64url)
  const odd = fc.constantFrom('.', '=', '+', '/', ' ', '\t', '\u0000', 'é', '€', '%', ',', '"')
  const place = fc.nat(good.length - 1)
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const json = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(null, [], {}, '', 0, -1, 1e308, true, issuer, audience, [audience])
  )

  /** Bytes changed anywhere. */
  const spoiled = fc.oneof(
    fc.tuple(place, fc.oneof(letter, odd)).map(([at, by]) => good.slice(0, at) + by + good.slice(at + 1)),
    fc.tuple(place, fc.oneof(letter, odd)).map(([at, by]) => good.slice(0, at) + by + good.slice(at)),
    fc.tuple(place, fc.integer({ min: 1, max: 40 })).map(([at, length]) => good.slice(0, at) + good.slice(at + length)),
    fc.tuple(place, place).map(([from, to]) => good.slice(Math.min(from, to), Math.max(from, to))),
    fc.tuple(place, place).map(([from, to]) => good.slice(0, from) + good.slice(to))
  )

  /** Parts exchanged with those of other tokens, repeated, emptied or moved. */
  const part = fc.constantFrom(header, payload, signature, ...foreign, '', '.', 'e30', 'bnVsbA')
  const reassembled = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.'))

  /** Another header over the same claims and signature. */
  const reheaded = fc
    .record(
      {
        alg: fc.oneof(
          fc.constantFrom('none', 'NONE', 'HS256', 'RS256', 'ES256', 'es256', 'ES384', 'EdDSA', 'PS256'),
          json
        ),
        typ: fc.oneof(fc.constantFrom('at+jwt', 'JWT', 'dpop+jwt'), json),
        kid: fc.oneof(fc.constantFrom('one', 'two', '__proto__'), json),
        crit: fc.option(json, { nil: undefined }),
        jwk: fc.option(fc.constant(other.keys.keys[0]), { nil: undefined })
      },
      { requiredKeys: [] }
    )
    .map((changed) => `${encode(changed)}.${payload}.${signature}`)

  /** Other claims under the same signature. */
  const claimed = fc
    .dictionary(
      fc.constantFrom('iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'scope', 'roles', 'cnf'),
      json,
      { minKeys: 1 }
    )
    .map((changes) => `${header}.${encode({ ...by.claims, ...changes })}.${signature}`)

  /** Other claims, with a valid signature of somebody else. */
  const forged = fc
    .dictionary(fc.constantFrom('iss', 'sub', 'scope', 'roles', 'client_id'), json)
    .map((changes) => other.signed(JSON.stringify(by.header), JSON.stringify({ ...by.claims, ...changes })))

  /** Signed by the issuer, but with one invalid claim. */
  const wrong = fc
    .tuple(fc.constantFrom('iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'cnf'), json)
    .filter(([name, value]) => !isFine(name, value))
    .map(([name, value]) => by.signed(JSON.stringify(by.header), JSON.stringify({ ...by.claims, [name]: value })))

  /** A value that the claim may have. */
  function isFine(name: string, value: unknown): boolean {
    const now = by.clock.wallTime() / 1000
    if (['sub', 'jti', 'client_id'].includes(name)) return typeof value === 'string' && value !== ''
    if (name === 'iss') return value === issuer
    if (name === 'aud')
      return (
        value === audience ||
        (Array.isArray(value) &&
          value.includes(audience) &&
          value.every((member) => typeof member === 'string' && member !== ''))
      )
    if (name === 'iat') return typeof value === 'number'
    if (name === 'nbf') return typeof value === 'number' && value < now + 6
    return name === 'exp' && typeof value === 'number' && value > now - 6
  }

  const keys = createLocalJWKSet(by.keys)

  /** What jose alone would say, asked for what it can be asked for. */
  function joseVerify(token: string): Promise<unknown> {
    return jwtVerify(token, keys, {
      issuer,
      audience,
      typ: 'at+jwt',
      algorithms: [alg],
      requiredClaims: ['sub', 'client_id', 'iat', 'exp', 'jti'],
      clockTolerance: 5,
      currentDate: new Date(by.clock.wallTime())
    })
  }

  test(`R11 R15 R21 R28 none of the spoiled tokens is accepted, and each is refused in the same words (seed ${seed})`, async () => {
    const families = [spoiled, reassembled, reheaded, claimed, forged, wrong]
    const tokens = families
      .flatMap((family) => fc.sample(family, { seed, numRuns: runs }))
      .filter((token) => token !== good)
    expect(tokens.length).toBeGreaterThan(5 * runs)
    const accepted: string[] = []
    const words = new Set<string>()
    for (const token of tokens)
      await verifier.verify(`Bearer ${token}`).then(
        () => accepted.push(token),
        (error: { challenge?: string; message: string }) => words.add(error.challenge ?? error.message)
      )
    expect(accepted).toEqual([])
    expect([...words].toSorted()).toEqual([
      `Bearer realm="${audience}", error="invalid_request"`,
      `Bearer realm="${audience}", error="invalid_token"`
    ])
  }, 60_000)

  test('R11 the good token that all of them come from is accepted, before and after', async () => {
    expect((await verifier.verify(`Bearer ${good}`)).clientId).toBe('orders')
  })

  test(`R11 whatever is accepted here, plain jose accepts, and what jose accepts and we do not has its reason (seed ${seed + 1})`, async () => {
    const tokens = [spoiled, reheaded, claimed, wrong].flatMap((family) =>
      fc.sample(family, { seed: seed + 1, numRuns: 250 })
    )
    const fine = fc.sample(
      fc.record(
        {
          aud: fc.constantFrom(audience, [audience], [audience, 'x']),
          sub: fc.constantFrom('a', 'é', '__proto__'),
          scope: json,
          roles: json,
          x: json
        },
        { requiredKeys: [] }
      ),
      { seed, numRuns: 250 }
    )
    const good = fine.map((changes) =>
      by.signed(JSON.stringify(by.header), JSON.stringify({ ...by.claims, ...changes }))
    )
    const stricter = new Set<string>()
    for (const token of [...tokens, ...good]) {
      const [ours, theirs] = await Promise.allSettled([verifier.verify(`Bearer ${token}`), joseVerify(token)])
      if (ours.status === 'fulfilled') expect(theirs.status, token).toBe('fulfilled')
      else if (theirs.status === 'fulfilled') stricter.add(ours.reason.reason)
    }
    for (const token of good) await verifier.verify(`Bearer ${token}`)
    // Claims of the wrong type, times that cannot be, bindings, and letters that decode to the same bytes: jose leaves these to its caller.
    expect(
      [...stricter].filter(
        (reason) =>
          ![
            'missing_claim',
            'unknown_binding',
            'malformed',
            'malformed_header',
            'wrong_audience',
            'not_yet_valid',
            'contradictory_times'
          ].includes(reason)
      )
    ).toEqual([])
  }, 60_000)
})
