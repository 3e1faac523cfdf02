import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { networkInterfaces } from 'node:os'
import type { Clock } from '../../clock.ts'
import { type AttemptLimit, attemptLimit } from '../client-authentication/attempt-limit.ts'
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

const sessionLength = 12 * 60 * 60 * 1000
const mostSessions = 100

/** Decides who may see the page and use `/admin/api`. */
export class Gatekeeper {
  readonly #secret: string | undefined
  readonly #clock: Clock
  readonly #names: ReadonlySet<string>
  readonly #cookieName: string
  readonly #limit: AttemptLimit
  readonly #digestKey = randomBytes(32)
  /** When each session ends, in monotonic ms. */
  readonly #sessions = new Map<string, number>()

  constructor(options: GatekeeperOptions) {
    this.#secret = options.secret
    this.#clock = options.clock
    this.#names = ownNames(options)
    this.#cookieName = `service-token-admin-${options.port}`
    this.#limit = attemptLimit(options.clock)
  }

  /** @throws AdminError if the Host is not a name of this server, or if the page of another site sends the request */
  checkPlace(headers: IncomingHttpHeaders): void {
    const { host = '', origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = headers
    const name = hostnameOf(host)
    if (name === undefined || !this.#names.has(name))
      throw new AdminError(
        403,
        'foreign_host',
        `The Host of the request is not a name of this server. Its names are ${[...this.#names].join(', ')}.`
      )
    const isOwn = origin === undefined ? !isForeign(site, mode) : hostOfOrigin(origin) === host.toLowerCase()
    if (!isOwn) throw new AdminError(403, 'foreign_origin', 'The page of another site must not use this server.')
  }

  /** Whether this browser may see the page: there is no secret, or the session was opened with it. */
  hasSession({ cookie = '' }: IncomingHttpHeaders): boolean {
    if (this.#secret === undefined) return true
    const ends = this.#sessions.get(cookieValue(cookie, this.#cookieName) ?? '')
    return ends !== undefined && this.#clock.monotonicTime() < ends
  }

  /** @throws AdminError if there is a secret, and the request has neither it nor such a session */
  checkAdmin(headers: IncomingHttpHeaders): void {
    if (this.hasSession(headers)) return
    const given = bearer(headers)
    if (given === undefined) {
      const message = 'The admin secret is missing. Send it as "Authorization: Bearer …".'
      throw new AdminError(401, 'unauthorized', message, challenge)
    }
    this.#checkSecret(given)
  }

  /** Opens a session and returns its `Set-Cookie` value. @throws AdminError if the secret is wrong */
  openSession(given: unknown): string {
    this.#checkSecret(given)
    const id = randomBytes(32).toString('base64url')
    this.#sessions.set(id, this.#clock.monotonicTime() + sessionLength)
    const [oldest] = this.#sessions.keys()
    if (this.#sessions.size > mostSessions && oldest !== undefined) this.#sessions.delete(oldest)
    return cookie(this.#cookieName, id, sessionLength / 1000)
  }

  /** Ends the session of this request, and returns the `Set-Cookie` value that removes the cookie. */
  closeSession(headers: IncomingHttpHeaders): string {
    this.#sessions.delete(cookieValue(headers.cookie ?? '', this.#cookieName) ?? '')
    return cookie(this.#cookieName, '', 0)
  }

  #checkSecret(given: unknown): void {
    const wait = this.#limit.wait('')
    if (wait > 0)
      throw new AdminError(429, 'too_many_attempts', 'There were too many wrong secrets. Wait before you try again.', {
        'retry-after': String(Math.ceil(wait / 1000))
      })
    if (!this.#isSecret(given)) {
      this.#limit.failed('')
      throw new AdminError(401, 'unauthorized', 'The admin secret is wrong.', challenge)
    }
    this.#limit.succeeded('')
  }

  #isSecret(given: unknown): boolean {
    const digest = (text: string) => createHmac('sha256', this.#digestKey).update(text).digest()
    return (
      this.#secret !== undefined && typeof given === 'string' && timingSafeEqual(digest(given), digest(this.#secret))
    )
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
