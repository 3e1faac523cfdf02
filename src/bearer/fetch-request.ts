import { bodyOf, bodyOfRequest, type Fetch, type FetchBody, type FetchInit, type RedirectMode } from './fetch-body.ts'

/** What one call of `fetch` asks for. It is read once, so later changes by the caller have no effect. */
export interface FetchRequest {
  readonly url: URL
  /** As the standard writes it; a method of one's own stays as it is. */
  readonly method: string
  readonly headers: Headers
  readonly body: FetchBody
  /** All other members of the init, as the base fetch gets them. */
  readonly options: FetchInit
  readonly redirect: RedirectMode
  /** Sent instead of the URL, because a `Request` of the caller can contain a dispatcher that nobody else can read. */
  readonly source: Request | undefined
}

const initMembers = [
  'method',
  'headers',
  'body',
  'duplex',
  'redirect',
  'signal',
  'mode',
  'credentials',
  'cache',
  'referrer',
  'referrerPolicy',
  'integrity',
  'keepalive',
  'dispatcher'
] as const

/** Members of a `Request` that go along to the next hop, and their values where nobody gave one. Some platforms know fewer. */
const requestDefaults = {
  mode: 'cors',
  credentials: 'same-origin',
  cache: 'default',
  referrer: 'about:client',
  referrerPolicy: '',
  integrity: '',
  keepalive: false
} as const

/** Also one of another class than the platform's: that of undici, or of a `fetch` in a package. */
export function isRequest(input: unknown): input is Request {
  return typeof input === 'object' && input !== null && 'url' in input && 'clone' in input
}

/** A `Request` can stand in for the init, and its fields are not its own: a spread would lose them. */
export function argumentsOf(...[input, init]: Parameters<Fetch>): [Request | string, FetchInit | undefined] {
  if (isRequest(init)) return [new (classOf(init))(input as string, init), undefined]
  return [isRequest(input) ? input : String(input), init ?? undefined]
}

/** Throws what the platform's own `Request` throws. */
export function readRequest(input: Request | string, url: URL, init: FetchInit | undefined): FetchRequest {
  const given = readInit(init)
  return isRequest(input) ? fromRequest(input, given) : fromUrl(url, given)
}

function readHeaders(given: FetchInit['headers']): Headers {
  const headers = new Headers(given ?? undefined)
  holds(headers, 'authorization')
  return headers
}

/** Whether the caller has set this field. One that is not there became a word when the platform wrote it, and is taken out. */
export function holds(headers: Headers, name: string): boolean {
  const value = headers.get(name)
  if (value === null) return false
  const given = value.split(', ').filter((part) => part !== 'undefined' && part !== 'null')
  if (given.length === 0) headers.delete(name)
  else headers.set(name, given.join(', '))
  return given.length > 0
}

/** Undefined for what `fetch` refuses: no URL, or one with user information. */
export function readUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.username === '' && url.password === '' ? url : undefined
}

function fromUrl(url: URL, given: FetchInit): FetchRequest {
  const { method = 'GET', headers, body: _, redirect = 'follow', ...options } = given
  const read = { url, method: methodOf(method), headers: readHeaders(headers), body: bodyOf(given), options, redirect }
  return { ...read, source: undefined } // its own: one that is inherited would be sent in place of the URL
}

function fromRequest(input: Request, given: FetchInit): FetchRequest {
  const source = new (classOf(input))(input, given)
  const { method: _, headers: __, body: ___, redirect: ____, ...further } = given
  const { url, method, redirect } = source
  const signal = given.signal === undefined ? input.signal : given.signal
  const options: FetchInit = { ...further, ...fieldsOf(source), signal }
  const headers = readHeaders(source.headers) // with the type of the body that the init brings
  return { url: new URL(url), method, headers, body: bodyOfRequest(source), options, redirect, source }
}

function classOf(request: Request): typeof Request {
  return request instanceof Request ? Request : ((request as object).constructor as typeof Request)
}

/** A copy, so that each member is read once. The platform reads inherited ones too. */
function readInit(init: FetchInit | undefined): FetchInit {
  const given: Record<string, unknown> = { ...init }
  if (init === undefined || Object.getPrototypeOf(init) === Object.prototype) return given
  for (const name of initMembers) {
    if (name in given) continue
    const value = (init as Record<string, unknown>)[name]
    if (value !== undefined) given[name] = value
  }
  return given
}

function fieldsOf(request: Request): FetchInit {
  const fields: Record<string, unknown> = {}
  for (const [name, usual] of Object.entries(requestDefaults)) {
    const value = request[name as keyof typeof requestDefaults]
    if (value !== undefined && value !== usual) fields[name] = value
  }
  return fields
}

/** The standard writes these in capitals, and no others. */
function methodOf(method: unknown): string {
  const text = String(method)
  return /^(delete|get|head|options|post|put)$/i.test(text) ? text.toUpperCase() : text
}
