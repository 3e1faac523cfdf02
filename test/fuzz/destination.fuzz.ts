import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { bearerInterceptor } from '../../src/bearer/interceptor.ts'
import { routeTable } from '../../src/bearer/routes.ts'
import { tokenRequest } from '../../src/token/token-request.ts'
import { dispatchersOf, kinds, type Major, majors } from '../support/dispatchers.ts'
import { testTokens, unobserved } from '../support/tokens.ts'
import { fuzz } from './fuzz.ts'
import type { Random } from './random.ts'

/** What one request says of where it goes. */
interface Named {
  readonly origin: string
  readonly host?: string
  readonly servername?: string
  readonly form: 'object' | 'list' | 'pairs'
}

interface Input {
  readonly major: Major
  readonly kind: string
  /** What the dispatcher is made for. */
  readonly bound: readonly [string, string]
  /** Another interceptor stands below ours. */
  readonly below: boolean
  readonly requests: readonly Named[]
}

/** Where undici has connected to, and what it wrote there. */
interface Connection {
  readonly origin: string
  readonly servername: string | null | undefined
  written: string
}

const users = 'https://users.internal'
const origins = [users, 'https://evil.example', 'https://users.internal:8443', 'http://users.internal']
const spellings = [
  ...origins,
  users,
  users,
  'HTTPS://Users.Internal:443/',
  `${users}/`,
  'https://users.internal@evil.example'
]
const hosts = ['users.internal', 'Users.Internal:443', 'users.internal:8443', 'evil.example', 'users.internal.', '']
const servernames = ['users.internal', 'USERS.internal', 'evil.example', '127.0.0.1', '']

const request = tokenRequest({})
const routes = routeTable([{ origin: users, request }])

function make(random: Random): Input {
  return {
    major: random.pick(majors),
    kind: random.pick(Object.keys(kinds)),
    bound: [random.pick(origins), random.pick(origins)],
    below: random.oneIn(3),
    requests: Array.from({ length: random.oneIn(4) ? 12 : 2 }, () => ({
      origin: random.pick(spellings),
      ...(random.oneIn(3) && { host: random.pick(hosts) }),
      ...(random.oneIn(4) && { servername: random.pick(servernames) }),
      form: random.pick(['object', 'list', 'pairs'] as const)
    }))
  }
}

interface Place {
  readonly protocol: string
  readonly hostname: string
  readonly port?: string
  readonly servername?: string | null
}

/** A connection that goes nowhere: it keeps what is written, and answers each request with 200. */
function connecting(connections: Connection[]) {
  return ({ protocol, hostname, port, servername }: Place, connected: (error: null, socket: Duplex) => void): void => {
    const { origin } = new URL(`${protocol}//${hostname}:${port ?? ''}`)
    const connection: Connection = { origin, servername, written: '' }
    connections.push(connection)
    const socket = new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        connection.written += chunk
        if (connection.written.endsWith('\r\n\r\n')) socket.push('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
        done()
      }
    })
    queueMicrotask(() => connected(null, socket))
  }
}

function fieldsOf({ host, form }: Named): unknown {
  const fields =
    host === undefined
      ? [['x-user', 'kept']]
      : [
          ['x-user', 'kept'],
          ['Host', host]
        ]
  if (form === 'object') return Object.fromEntries(fields)
  return form === 'list' ? fields.flat() : new Map(fields as [string, string][])
}

const passing: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => dispatch(options, handler)

/**
 * Whatever a request, its dispatcher and its header fields say: a token is written to the policy's origin only, under the name of
 * its own certificate, for its own virtual host. And where all of them say the same, it is written.
 */
async function check({ major, kind, bound, below, requests }: Input): Promise<void> {
  const connections: Connection[] = []
  const tokens = testTokens({ warm: [request] })
  const interceptor = bearerInterceptor({ source: tokens, routes, ...unobserved })
  const make = kinds[kind] ?? assert.fail('no such kind')
  const dispatcher = make(dispatchersOf(major), ...bound, { connect: connecting(connections) })
  const composed = dispatcher.compose(...(below ? [passing] : []), interceptor as never)
  for (const named of requests) {
    const before = connections.map(({ written }) => written.length)
    await send(composed, named)
    const seen = connections.map((one, at) => ({ ...one, written: one.written.slice(before[at] ?? 0) }))
    for (const { origin, servername, written } of seen.filter((one) => one.written.includes('Bearer '))) {
      assert.equal(origin, users)
      assert.ok(!servername || servername.toLowerCase() === 'users.internal')
      assert.match(written, /^host: users\.internal\r$/im)
      assert.doesNotMatch(written, /^host: (?!users\.internal\r$)/im)
    }
    const carried = seen.some(({ written }) => written.includes('Bearer '))
    assert.ok(carried || !mustCarry(kind, bound, named), JSON.stringify(named))
  }
  await dispatcher.destroy()
}

/** Nothing about the request is in doubt. BalancedPool takes turns, and is no place for tokens. */
function mustCarry(kind: string, [boundOrigin]: Input['bound'], { origin, host, servername }: Named): boolean {
  if (kind === 'BalancedPool' || !URL.canParse(origin)) return false
  const isThere = /Agent$/.test(kind) || boundOrigin === users
  const isOwn = host === undefined || /^users\.internal(:443)?$/i.test(host)
  const isNamed = new URL(origin).href === `${users}/`
  return isThere && isOwn && isNamed && (!servername || /^users\.internal$/i.test(servername))
}

function send(dispatcher: Dispatcher, named: Named): Promise<void> {
  const { origin, servername } = named
  const options = {
    origin,
    path: '/',
    method: 'GET',
    headers: fieldsOf(named),
    ...(servername !== undefined && { servername })
  }
  return new Promise((resolve) => {
    const done = () => resolve()
    const handler = {
      onRequestStart() {},
      onResponseStart() {},
      onResponseData() {},
      onResponseEnd: done,
      onResponseError: done
    }
    dispatcher.dispatch(options as never, handler)
  })
}

fuzz({ name: 'destination', share: 1 / 50, make, check })
