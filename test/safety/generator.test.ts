import { afterAll, expect, test } from 'vitest'
import { currentProver } from '../../src/client-authentication/current-prover.ts'
import { generatedKey } from '../../src/client-authentication/dpop-key.ts'
import { systemClock } from '../../src/clock.ts'
import { serverClock } from '../../src/http/server-clock.ts'
import type { Prover } from '../../src/token/prover.ts'
import { Ending } from '../../src/waiting/ending.ts'
import { type Hop, type Listeners, leaks, listen, pathThrough } from './two-listeners.ts'
import { boundWaysOf, type Way, waysOf } from './ways.ts'

const count = Number(process.env.REQUESTS ?? 2000) // `npm run safety` draws 20,000
const together = 100
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32))

const roads = { Bearer: roadOf(await listen()), DPoP: roadOf(await listen(await prover())) }
const random = randomFrom(seed)

afterAll(() => Promise.all(Object.values(roads).map(({ listeners }) => listeners.close())))

interface Road {
  readonly listeners: Listeners
  readonly ways: readonly Way[]
  readonly boundWays: readonly Way[]
}

function roadOf(listeners: Listeners): Road {
  return { listeners, ways: waysOf(listeners), boundWays: boundWaysOf(listeners) }
}

function prover(): Promise<Prover> {
  const current = currentProver({
    source: generatedKey('ES256'),
    clock: systemClock,
    timeout: 1000,
    closing: new Ending()
  })
  return current(() => {}, undefined as never, serverClock(systemClock))
}

/** mulberry32: the same numbers for the same seed, on every machine. */
function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function pick<T>(choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)] as T
}

function anyCase(text: string): string {
  return Array.from(text, (character) => (random() < 0.2 ? character.toUpperCase() : character)).join('')
}

const hosts = [
  'users.internal',
  'users.internal.',
  'evil.internal',
  'api.users.internal',
  'users.internal.evil.example'
]
const credentials = ['', '', '', 'users.internal@', 'user:pw@', 'users.internal%3A@']

/** Any URL without a path that a user or a server might write: often the allowed origin, often nearly it. */
function anyTarget({ allowed, ports }: Listeners): string {
  if (random() < 0.3) return random() < 0.5 ? allowed : anyCase(allowed)
  const scheme = random() < 0.95 ? 'http' : 'https'
  const port = pick([ports.first, ports.second, `0${ports.first}`, `0${ports.second}`])
  return anyCase(`${scheme}://${pick(credentials)}${pick([...hosts, '127.0.0.1'])}:${port}`)
}

function anyLocation(listeners: Listeners): string {
  const target = anyTarget(listeners)
  return random() < 0.15 ? target.replace(/^https?:/i, '') : target // without a scheme it keeps that of the request
}

function anyHops(listeners: Listeners): Hop[] {
  return Array.from(
    { length: Math.floor(random() * 4) },
    () => [pick([301, 302, 303, 307, 308]), anyLocation(listeners)] as const
  )
}

const userHeaders = { 'x-user': 'kept' }
const headerForms: readonly ((listeners: Listeners) => unknown)[] = [
  () => undefined,
  () => ({ ...userHeaders }),
  () => Object.entries(userHeaders).flat(),
  () => new Map(Object.entries(userHeaders)),
  () => new Headers(userHeaders),
  () => Object.entries(userHeaders).values(),
  (listeners) => ({ ...userHeaders, Host: new URL(anyTarget(listeners)).host }),
  (listeners) => ['host', new URL(anyTarget(listeners)).host, ...Object.entries(userHeaders).flat()]
]

function anyRequest({ listeners, ways, boundWays }: Road): {
  readonly way: string
  readonly target: string
  readonly hops: readonly Hop[]
  send(): Promise<unknown>
} {
  const way = pick(random() < 0.7 ? ways : boundWays)
  const target = anyTarget(listeners)
  const hops = anyHops(listeners)
  const headers = pick(headerForms)(listeners)
  const servername = random() < 0.1 ? pick(hosts) : undefined
  const path = pathThrough(hops, way.isStrict)
  return { way: way.name, target, hops, send: () => way.send(target, path, headers, servername) }
}

test.each([
  ['Bearer', count],
  ['DPoP', count / 2]
] as const)(
  `C30 C88 D11 a %s token is seen by the allowed origin only, by %i requests drawn with SEED=${seed}`,
  async (type, drawn) => {
    const road = roads[type]
    const { listeners } = road
    for (let sent = 0; sent < drawn; sent += together) {
      const batch = Array.from({ length: together }, () => anyRequest(road))
      await Promise.allSettled(batch.map((request) => request.send()))
      const leaked = leaks(listeners)
      expect(leaked, `one of ${JSON.stringify(leaked.length > 0 && batch)}`).toEqual([])
    }
    const carried = listeners.sightings.filter(({ authorization }) => authorization === `${type} t1`)
    expect(carried.length).toBeGreaterThan(drawn / 10)
    expect(carried.filter(({ hasProof }) => hasProof !== (type === 'DPoP'))).toEqual([])
    expect(listeners.sightings.filter(({ listener }) => listener === 'second').length).toBeGreaterThan(drawn / 10)
    expect(listeners.tokens.issued).toBe(1)
  },
  120_000
)
