import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'vitest'
import { readTokenResponse } from '../../src/token-endpoint/response.ts'
import { fuzz, seed } from './fuzz.ts'
import { mutate } from './mutate.ts'
import type { Random } from './random.ts'
import { marker, permitted } from './secrets.ts'

interface Input {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const context = {
  tokenEndpoint: `https://auth.internal/${marker}?${marker}`,
  wallTime: Date.UTC(2030, 0, 1),
  bearerTypes: ['bearer', 'bearertoken'],
  hidden: [marker, `${marker}-secret`]
}

const names = [
  'access_token',
  'token_type',
  'expires_in',
  'scope',
  'error',
  'error_description',
  'refresh_token',
  '__proto__',
  'constructor',
  'expires_at'
]
const token = `"${marker}.eyJhbGciOiJub25lIn0.e30."`
const oddities = [
  'null',
  'true',
  '0',
  '-1',
  '1e999',
  '[]',
  '{}',
  '""',
  '" "',
  '"\\u0000"',
  '"\\ud800"',
  '"é"',
  '[[[[[[',
  '1e-7',
  '0.9',
  '"\\r\\nx: y"'
]
const values: Readonly<Record<string, readonly string[]>> = {
  access_token: [token, token, token, `"${marker} ${marker}"`, `"${marker}\\n"`, `"${marker}€"`],
  token_type: ['"Bearer"', '"bearer"', '"BEARER"', '"DPoP"', '"mac"', '"N_A"', '"BearerToken"'],
  expires_in: ['43200', '"43200"', '1e12', '-5', '"12abc"', '0.4', '9007199254740993', '"0x10"', '2147483648'],
  scope: [
    '"read_user"',
    '"a b c"',
    '"a  b"',
    '"a\\"b"',
    '["a"]',
    '["a","b"]',
    '["a b"]',
    '[["a"]]',
    `"a ${marker}-secret"`,
    '"é"'
  ],
  error: [
    '"invalid_client"',
    '"invalid_scope"',
    '"temporarily_unavailable"',
    '"odd\\nword"',
    `"${marker}"`,
    `"no ${marker}!"`,
    'null',
    '""'
  ]
}
const types = [
  'application/json',
  'application/json;charset=UTF-8',
  'text/plain',
  '',
  'text/html',
  'application/x+json',
  'application/json; charset=utf-16'
]
const statuses = [201, 202, 204, 206, 302, 307, 400, 401, 403, 404, 418, 429, 500, 503]
const locations = [
  `https://${marker}.example/`,
  'https://evil.example/x?marker',
  '/marker',
  '?marker',
  'https://marker@evil.example/'
]
const brokenLocations = ['https://evil.example', '//[::1', 'https:', 'javascript:0', '\0', '\\\\evil.example']
const words = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '\\u0000',
  '\\ud800',
  'null',
  'true',
  '1e999',
  '"access_token":',
  token,
  '"error":',
  '/*',
  '\ufeff',
  '\xc3\xa9',
  '\xff'
]

function member(random: Random): string {
  const name = random.oneIn(3) ? random.pick(names) : random.pick(names.slice(0, 4))
  const value = random.oneIn(8) ? random.pick(oddities) : random.pick(values[name] ?? oddities)
  return `"${name}":${value}`
}

function location(random: Random): string {
  return random.oneIn(2) ? random.pick(locations) : mutate(random, random.pick(brokenLocations), ['/', '@', ':', '#'])
}

function make(random: Random): Input {
  const members = [`"access_token":${token}`, '"token_type":"Bearer"', '"expires_in":43200']
  for (let more = random.below(4); more > 0; more--) members.push(member(random))
  const body = `{${members.join(',')}}`
  const type = random.oneIn(4) ? random.pick(types) : 'application/json'
  const headers: Record<string, string> = { 'content-type': random.oneIn(16) ? mutate(random, type, words) : type }
  if (random.oneIn(8)) headers.location = location(random)
  return {
    status: random.oneIn(6) ? random.pick(statuses) : 200,
    headers,
    body: random.oneIn(3) ? body : mutate(random, body, words)
  }
}

/** What is read is exactly what the whole body says, and fits for use; what is not is refused with a listed error. */
function check({ status, headers, body }: Input): void {
  const bytes = Buffer.from(body, 'latin1')
  let response: ReturnType<typeof readTokenResponse>
  try {
    response = readTokenResponse({ status, headers, body: bytes }, context)
  } catch (error) {
    const { oauthError } = permitted(error)
    assert.ok(oauthError === undefined || /^[\x20-\x7e]{1,200}$/.test(oauthError), 'a word that can break a log line')
    assert.ok(!oauthError?.includes(marker), 'a word that shows a secret')
    return
  }
  const said = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  const { value, scope, life } = response
  assert.ok([200, 201, 202].includes(status), `a token out of status ${status}`)
  assert.ok([undefined, null, '', false, 0].includes(said.error), 'a refusal gave a token')
  assert.equal(value, said.access_token)
  assert.match(value, /^[!-~]{1,16384}$/)
  assert.match(String(said.token_type ?? 'bearer'), /^bearer(token)?$/i)
  assert.ok(
    scope === undefined || scope.every((name) => /^[!#-[\]-~]+$/.test(name)),
    'a scope that no request could name'
  )
  assert.ok(!scope?.includes(`${marker}-secret`), 'a scope that shows a secret')
  assert.ok(life === undefined || (Number.isInteger(life) && life >= 0), `a life of ${life} ms`)
  assert.ok(Number.isFinite(Number(said.expires_in ?? 0)), 'a life without end')
  assert.ok(life === undefined || life <= Number(said.expires_in) * 1000, 'a life longer than the server said')
}

fuzz({ name: 'token-response', make, check })

test(`token-response: any JSON at all, seed ${seed}`, () => {
  const members = fc.dictionary(fc.constantFrom(...names), fc.jsonValue())
  const anything = fc.oneof(fc.jsonValue(), members).map((body) => JSON.stringify(body))
  const input = fc.record({ status: fc.constantFrom(200, ...statuses), headers: fc.constant({}), body: anything })
  fc.assert(fc.property(input, check), { seed, numRuns: 5000 })
})

test(`token-response: what else stands in a good answer changes nothing, seed ${seed}`, () => {
  const good = { access_token: `${marker}-1`, token_type: 'Bearer', expires_in: 60, scope: 'a' }
  const plain = readTokenResponse({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(good)) }, context)
  const others = fc.dictionary(
    fc.string().filter((name) => name !== 'error'),
    fc.jsonValue()
  )
  fc.assert(
    fc.property(others, (more) => {
      const body = Buffer.from(JSON.stringify({ ...more, ...good }))
      assert.deepEqual(readTokenResponse({ status: 200, headers: {}, body }, context), plain)
    }),
    { seed, numRuns: 5000 }
  )
})
