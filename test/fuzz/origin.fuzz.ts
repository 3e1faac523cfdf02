import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { test } from 'vitest'
import { dispatchOrigin } from '../../src/bearer/dispatch-origin.ts'
import { routeTable } from '../../src/bearer/routes.ts'
import { tokenRequest } from '../../src/token/token-request.ts'
import { fuzz, seed } from './fuzz.ts'
import { mutate } from './mutate.ts'
import type { Random } from './random.ts'

interface Input {
  readonly origin: string
  readonly boundOrigin?: string | null
  readonly path: string
}

// How undici itself reads where it connects to.
const { parseOrigin } = createRequire(import.meta.url)('undici/lib/core/util.js') as {
  parseOrigin(origin: string): URL
}

const users = 'https://users.internal'
const request = tokenRequest({})
const paths = ['/admin', '/admin/keys', '/api/v1/']
const routes = routeTable([{ origin: users, request }, ...paths.map((path) => ({ origin: users, path, request }))])

const origins = [
  users,
  'HTTPS://USERS.internal:443/',
  'https:users.internal',
  'https:\\\\users.internal',
  'https://users.internal.evil.example',
  'https://users.internal@evil.example',
  'https://evil.example/#users.internal',
  'http://users.internal',
  'https://users.internal.',
  'https://users。internal',
  'https://[::1]:8443',
  'blob:https://users.internal/x'
]
const asked = [
  '/admin',
  '/administrators',
  '/admin/keys/1?x=/..',
  '/%61dmin/',
  '/x/../admin/%2e%2E/api/./v1/',
  '/',
  '//admin'
]
const words = [
  '@',
  ':',
  '/',
  '\\',
  '..',
  '/../',
  '%2e',
  '%2f',
  '%5c',
  '%252f',
  '%252e',
  '%3b',
  '%00',
  '%c0%af',
  '//',
  ';',
  ';v=1',
  '..;/',
  '#',
  '?',
  ':443',
  'users.internal',
  'evil.example',
  '\t',
  ' ',
  'admin',
  'ａ'
]

function make(random: Random): Input {
  const origin = mutate(random, random.pick(origins), words)
  const path = `/${mutate(random, random.pick(asked), words).slice(1)}`
  if (random.oneIn(2)) return { origin, path }
  return { origin, path, boundOrigin: random.oneIn(8) ? null : random.pick(origins) }
}

/** What servers and proxies do with a path before they look for what it names. */
interface Server {
  readonly decodes?: number
  readonly keepsBackslashes?: boolean
  readonly keepsFragment?: boolean
  readonly stripsParameters?: boolean
  readonly merges?: boolean
}

const servers: readonly Server[] = [
  {}, // the URL standard
  { keepsBackslashes: true, keepsFragment: true }, // what undici has sent, as it is
  { merges: true }, // nginx
  { decodes: 1 },
  { decodes: 2, merges: true },
  { stripsParameters: true }, // servlet containers
  { stripsParameters: true, decodes: 1, merges: true },
  { decodes: 1, keepsBackslashes: true, stripsParameters: true }
]

/** Characters of a path that servers differ about, or read as something else. */
const doubtful = /[\\;#\xc0\xc1]|\/\/|%20(?:[/\\]|$)|%(?:2[35f]|3[bf]|5c|0|c|e|f|u)|%(?![\da-f]{2})/i

/** A token goes where undici connects to or nowhere, and the rule that gives it is the one whose path every server sees. */
function check({ origin, boundOrigin, path }: Input): void {
  const target = dispatchOrigin(origin, boundOrigin)
  if (target !== undefined) {
    assert.equal(parseOrigin(boundOrigin ?? origin).origin, target)
    assert.match(target, /^https?:\/\/[^/?#@\\\s]+$/)
    if (origin !== '') assert.equal(parseOrigin(origin).origin, target)
  }
  assert.notEqual(boundOrigin === null && target !== undefined, true)
  assert.equal(routes.find(target ?? 'null', path) !== undefined, target === users)
  const rule = routes.find(users, path)?.path
  if (rule !== undefined) for (const server of servers) assert.equal(pathRule(path, server), rule)
  if (!doubtful.test(path.replace(/[\t\n\r]/g, '').replace(/\?.*/s, ''))) assert.equal(pathRule(path, {}), rule)
}

/** The longest of the paths that the asked one lies under on this server, found segment by segment. */
function pathRule(path: string, server: Server): string | undefined {
  const wanted = segments(path, server)
  const under = paths.filter((rule) => {
    const own = segments(rule, {})
    return own.every((segment, at) => segment === wanted[at] || (segment === '' && wanted.length >= own.length))
  })
  return under.sort((one, other) => other.length - one.length)[0]
}

function segments(path: string, server: Server): string[] {
  let [bare = ''] = path
    .replace(/[\0- ]+$/, '')
    .replace(/[\t\n\r]/g, '')
    .split(server.keepsFragment ? /\?/ : /[?#]/, 1)
  for (let time = 0; time < (server.decodes ?? 0); time++) {
    bare = bare.replace(/%(2f|5c|3b|25)/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  }
  const kept: string[] = []
  const parts = bare.slice(1).split(server.keepsBackslashes ? '/' : /[/\\]/)
  for (const [at, part] of parts.entries()) {
    const isLast = at === parts.length - 1
    const decoded = part.replace(/%([2-7][0-9a-f])/gi, (encoded, hex) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16))
      return /[\w.~-]/.test(character) ? character : encoded
    })
    const plain = server.stripsParameters ? decoded.replace(/;.*/s, '') : decoded
    if (plain === '' && server.merges && !isLast) continue
    if (plain !== '.' && plain !== '..') kept.push(plain)
    else {
      if (plain === '..') kept.pop()
      if (isLast) kept.push('')
    }
  }
  return kept
}

fuzz({ name: 'origin', make, check })

test(`origin: no other site is taken for one of the policy, seed ${seed}`, () => {
  fc.assert(
    fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), fc.webAuthority(), (url, authority) => {
      for (const text of [
        url,
        `https://${authority}`,
        `${users}${url}`,
        `${users}@${authority}`,
        `${users}.${authority}`
      ])
        assert.notEqual(dispatchOrigin(text, undefined), users, text)
    }),
    { seed, numRuns: 20_000 }
  )
})
