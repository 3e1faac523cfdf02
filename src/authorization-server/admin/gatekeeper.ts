import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { networkInterfaces } from 'node:os'
import type { Clock } from '../../clock.ts'
import { attemptLimit } from '../client-authentication/attempt-limit.ts'
import { inBrackets } from '../http/http-server.ts'
import { AdminError } from './admin-error.ts'

export interface GatekeeperOptions {
  /** What the server listens on. */
  readonly host: string
  readonly issuer: string
  /** Who knows it may come in; undefined where everybody on this machine may. */
  readonly secret: string | undefined
  /** The port, so that the cookies of two servers on one host are two. */
  readonly port: string
  readonly clock: Clock
}

/** Who may see the page, and use `/admin/api`. */
export interface Gatekeeper {
  /** @throws AdminError for a name that is not this server's, and for the page of another site. */
  checkPlace(headers: IncomingHttpHeaders): void
  /** Whether the page is open to this browser: no secret is needed, or its session was opened with it. */
  hasSession(headers: IncomingHttpHeaders): boolean
  /** @throws AdminError unless the request shows the secret or such a session. */
  checkAdmin(headers: IncomingHttpHeaders): void
  /** A `Set-Cookie` value for a caller that knows the secret. Throws an AdminError for others. */
  openSession(secret: unknown): string
  /** Ends the session of this request, and gives the `Set-Cookie` value that says so. */
  closeSession(headers: IncomingHttpHeaders): string
}

const sessionLength = 12 * 60 * 60 * 1000
const mostSessions = 100

export function gatekeeper(options: GatekeeperOptions): Gatekeeper {
  const { secret, port, clock } = options
  const names = ownNames(options)
  const cookieName = `service-token-admin-${port}`
  const limit = attemptLimit(clock)
  const digestKey = randomBytes(32)
  /** Session → the monotonic moment at which it ends. */
  const sessions = new Map<string, number>()

  function isSecret(given: unknown): boolean {
    const digest = (text: string) => createHmac('sha256', digestKey).update(text).digest()
    return secret !== undefined && typeof given === 'string' && timingSafeEqual(digest(given), digest(secret))
  }

  function checkSecret(given: unknown): void {
    const wait = limit.wait('')
    if (wait > 0)
      throw new AdminError(429, 'too_many_attempts', 'Too many wrong secrets. Wait.', {
        'retry-after': String(Math.ceil(wait / 1000))
      })
    if (!isSecret(given)) {
      limit.failed('')
      throw new AdminError(401, 'unauthorized', 'The admin secret is wrong.', challenge)
    }
    limit.succeeded('')
  }

  function hasSession({ cookie = '' }: IncomingHttpHeaders): boolean {
    if (secret === undefined) return true
    const ends = sessions.get(cookieValue(cookie, cookieName) ?? '')
    return ends !== undefined && clock.monotonicTime() < ends
  }

  return {
    checkPlace({ host = '', origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode }) {
      const name = hostnameOf(host)
      if (name === undefined || !names.has(name))
        throw new AdminError(
          403,
          'foreign_host',
          `This server is not called by the Host of the request. Its names: ${[...names].join(', ')}.`
        )
      const isOwn = origin === undefined ? !isForeign(site, mode) : hostOfOrigin(origin) === host.toLowerCase()
      if (!isOwn) throw new AdminError(403, 'foreign_origin', 'The page of another site may not come here.')
    },
    hasSession,
    checkAdmin(headers) {
      if (hasSession(headers)) return
      const given = bearer(headers)
      if (given === undefined)
        throw new AdminError(401, 'unauthorized', 'Send the admin secret: "Authorization: Bearer …".', challenge)
      checkSecret(given)
    },
    openSession(given) {
      checkSecret(given)
      const id = randomBytes(32).toString('base64url')
      sessions.set(id, clock.monotonicTime() + sessionLength)
      const [oldest] = sessions.keys()
      if (sessions.size > mostSessions && oldest !== undefined) sessions.delete(oldest)
      return cookie(cookieName, id, sessionLength / 1000)
    },
    closeSession(headers) {
      sessions.delete(cookieValue(headers.cookie ?? '', cookieName) ?? '')
      return cookie(cookieName, '', 0)
    }
  }
}

const challenge = { 'www-authenticate': 'Bearer realm="admin"' }

function cookie(name: string, value: string, seconds: number): string {
  return `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict`
}

function cookieValue(cookies: string, name: string): string | undefined {
  const found = cookies.split(';').find((one) => one.trim().startsWith(`${name}=`))
  return found?.trim().slice(name.length + 1)
}

function bearer({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /^bearer +(.+)$/i.exec(authorization)?.[1]
}

/** Loopback, the name of `host`, and that of the issuer. Whoever listens everywhere is also called by each address of the machine: no other site can claim one. */
function ownNames({ host, issuer }: GatekeeperOptions): ReadonlySet<string> {
  const everywhere = host === '0.0.0.0' || host === '::'
  const addresses = everywhere
    ? Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address))
    : []
  const named = [host, ...addresses].map((name) => new URL(`http://${inBrackets(name)}`).hostname)
  return new Set(['localhost', '127.0.0.1', '[::1]', new URL(issuer).hostname, ...named])
}

function hostnameOf(host: string): string | undefined {
  return URL.canParse(`http://${host}`) && !/[/?#@\\]/.test(host) ? new URL(`http://${host}`).hostname : undefined
}

/** Host and port of an origin as a Host header writes them; `null` has none. */
function hostOfOrigin(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

/** If a browser sends no Origin, `Sec-Fetch-Site` says where a request comes from. Following a link to the page is allowed. */
function isForeign(site: string | string[] | undefined, mode: string | string[] | undefined): boolean {
  return (site === 'cross-site' || site === 'same-site') && mode !== 'navigate'
}
