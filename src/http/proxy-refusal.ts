import { TokenClientError } from '../errors.ts'

/**
 * The error for the answer of a proxy instead of the authorization server. If the proxy is not known, the person who configured it knows where it is.
 * `wait` is how many milliseconds it wants clients to wait.
 */
export function proxyRefusal(status: number, proxy?: URL, wait?: number): TokenClientError {
  const who = proxy === undefined ? 'A proxy in front of the authorization server' : `The proxy ${proxy.host}`
  const wants = status === 407
  const [what, remedy] = wants ? demandOf(proxy) : refusal
  return new TokenClientError('ERR_PROXY_REFUSED', `${who} ${what} (status ${status}). ${remedy}`, {
    transient: !wants,
    status,
    retryAfter: wants ? undefined : wait
  })
}

const refusal = [
  'does not connect to the authorization server',
  'Ask those who run it, or exempt the server with NO_PROXY.'
] as const

function demandOf(proxy: URL | undefined) {
  if (proxy !== undefined && proxy.username + proxy.password !== '')
    return ['refuses the user name and the password', 'Check them, and that it takes Basic authentication.'] as const
  const remedy = 'Put them into the URL of the proxy, as http://user:password@host:port.'
  return ['requires a user name and a password', remedy] as const
}

/** Where an answer comes from, for a message. */
export function hostThrough({ host }: URL, proxy: URL | undefined): string {
  return proxy === undefined ? host : `${host} (through the proxy ${proxy.host})`
}
