import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { networkInterfaces } from 'node:os'
import type { Clock } from '../../clock.ts'
import { attemptLimit } from '../client-authentication/attempt-limit.ts'
import { inBrackets } from '../http/http-server.ts'
import { AdminError } from './admin-error.ts'

export interface GatekeeperOptions {
  /** The address that the server listens on. */
  readonly host: string
  readonly issuer: string
  /** The admin secret; undefined if everybody on this machine has access. */
  readonly secret: string | undefined
  /** The port. It is part of the cookie's name, so that two servers on one host have different cookies. */
  readonly port: string
  readonly clock: Clock
}

/** Decides who may see the page and use `/admin/api`. */
export interface Gatekeeper {
  /** @throws AdminError if the Host is not a name of this server, or if the page of another site sends the request */
  checkPlace(headers: IncomingHttpHeaders): void
  /** Whether this browser may see the page: there is no secret, or the session was opened with it. */
  hasSession(headers: IncomingHttpHeaders): boolean
  /** @throws AdminError if there is a secret, and the request has neither it nor such a session */
  checkAdmin(headers: IncomingHttpHeaders): void
  /** Opens a session and returns its `Set-Cookie` value. @throws AdminError if the secret is wrong */
  openSession(secret: unknown): string
  /** Ends the session of this request, and returns the `Set-Cookie` value that removes the cookie. */
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
  /** When each session ends, in monotonic ms. */
  const sessions = new Map<string, number>()

  function isSecret(given: unknown): boolean {
    const digest = (text: string) => createHmac('sha256', digestKey).update(text).digest()
    return secret !== undefined && typeof given === 'string' && timingSafeEqual(digest(given), digest(secret))
  }

  function checkSecret(given: unknown): void {
    const wait = limit.wait('')
    if (wait > 0)
      throw new AdminError(429, 'too_many_attempts', 'There were too many wrong secrets. Wait before you try again.', {
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
          `The Host of the request is not a name of this server. Its names are ${[...names].join(', ')}.`
        )
      const isOwn = origin === undefined ? !isForeign(site, mode) : hostOfOrigin(origin) === host.toLowerCase()
      if (!isOwn) throw new AdminError(403, 'foreign_origin', 'The page of another site must not use this server.')
    },
    hasSession,
    checkAdmin(headers) {
      if (hasSession(headers)) return
      const given = bearer(headers)
      if (given === undefined)
        throw new AdminError(
          401,
          'unauthorized',
          'The admin secret is missing. Send it as "Authorization: Bearer …".',
          challenge
        )
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

/** Loopback, `host` and the host of the issuer. A server that listens on all addresses is also called by each of them, which is safe, because no other site can have such a name. */
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

/** The host and port of an origin, as a Host header has them; undefined for the origin `null`. */
function hostOfOrigin(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

/** If a browser sends no Origin, `Sec-Fetch-Site` says where the request comes from. A link on another site may lead to the page. */
function isForeign(site: string | string[] | undefined, mode: string | string[] | undefined): boolean {
  return (site === 'cross-site' || site === 'same-site') && mode !== 'navigate'
}
