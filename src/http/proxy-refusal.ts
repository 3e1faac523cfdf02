import { TokenClientError } from '../errors.ts'

/** The error for the answer of a proxy instead of the authorization server. If the proxy has no name, the person who configured it knows where it is. */
export function proxyRefusal(status: number, proxy?: string): TokenClientError {
  const who = proxy === undefined ? 'A proxy in front of the authorization server' : `The proxy ${proxy}`
  const wants = status === 407
  const what = wants ? 'requires a user name and a password' : 'does not connect to the authorization server'
  const remedy = wants
    ? 'Put them into the URL of the proxy, as http://user:password@host:port.'
    : 'Ask those who run it, or exempt the server with NO_PROXY.'
  return new TokenClientError('ERR_PROXY_REFUSED', `${who} ${what} (status ${status}). ${remedy}`, {
    transient: !wants,
    status
  })
}
