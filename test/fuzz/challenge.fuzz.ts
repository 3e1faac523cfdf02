import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'vitest'
import { readRejection } from '../../src/bearer/rejection.ts'
import { type BearerChallenge, readChallenges, writeBearerChallenge } from '../../src/http/challenge.ts'
import { fuzz, seed } from './fuzz.ts'
import { mutate } from './mutate.ts'
import type { Random } from './random.ts'

const fields = [
  'Bearer realm="users", error="invalid_token", error_description="it \\"ended\\", an hour ago"',
  'Bearer error="insufficient_scope", scope="read_user write_user"',
  'Negotiate, Basic realm="a, b", Bearer realm=c',
  'Negotiate YIIJvwYGKwYBBQUCoIIJszCCCa8=, Bearer',
  'DPoP algs="ES256", error="use_dpop_nonce"',
  'error="invalid_token"',
  'Bearer realm="never closed, Basic realm=x',
  'NTLM TlRMTVNTUAACAAAA====== , , Digest qop="auth,auth-int",nonce="\\\\"',
  ''
]
const words = [
  '"',
  '\\',
  '\\"',
  ',',
  ', ',
  '=',
  ' = ',
  ' ',
  '\t',
  'Bearer ',
  'Basic',
  'error=',
  'scope="',
  'a="',
  '==',
  '\r\n'
]

function make(random: Random): string[] {
  const lines = [mutate(random, random.pick(fields), words)]
  while (random.oneIn(8)) lines.push(mutate(random, random.pick(fields), words))
  return lines
}

/** Never an error, nothing that did not stand there, and nothing for a log that could break its line. */
function check(lines: string[]): void {
  const text = lines.join('\n').toLowerCase()
  for (const { scheme, parameters } of readChallenges(lines)) {
    assert.match(scheme, /^[!#$%&'*+.^_`|~0-9a-z-]*$/)
    assert.ok(text.includes(scheme))
    for (const [name, value] of parameters) {
      assert.match(name, /^[!#$%&'*+.^_`|~0-9a-z-]+$/)
      assert.ok(text.includes(name) && value.length <= text.length)
    }
  }
  const {
    error,
    neededScope = [],
    asksForAnotherToken
  } = readRejection({ status: 401, headers: { 'www-authenticate': lines } }) ?? assert.fail('no rejection')
  assert.match(error ?? 'none', /^[a-z_]{1,64}$/)
  assert.ok(neededScope.every((member) => /^[!#-[\]-~]+$/.test(member)))
  assert.ok(!asksForAnotherToken || error !== 'insufficient_scope')
}

fuzz({ name: 'challenge', make, check })

const attribute = fc.string({ unit: fc.constantFrom('a', 'Z', ' ', ',', '=', '"', '\\', '\n', 'é', '7') })
const challenge: fc.Arbitrary<BearerChallenge> = fc.record({
  realm: attribute,
  scope: fc.option(fc.array(attribute), { nil: undefined }),
  error: fc.constantFrom('invalid_request', 'invalid_token', 'insufficient_scope', undefined),
  errorDescription: fc.option(attribute, { nil: undefined })
})

test(`challenge: what is written is read again, seed ${seed}`, () => {
  const allowed = (text: string) => text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '?')
  fc.assert(
    fc.property(fc.array(challenge, { minLength: 1, maxLength: 3 }), (written) => {
      const read = readChallenges(written.map(writeBearerChallenge).join(', '))
      assert.deepEqual(
        read.map(({ parameters }) => [parameters.get('realm'), parameters.get('error')]),
        written.map(({ realm, error }) => [allowed(realm), error])
      )
    }),
    { seed, numRuns: 20_000 }
  )
})
