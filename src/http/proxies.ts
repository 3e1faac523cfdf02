import { exemption, exemptionsIn, proxyVariable, usesEnvironment } from '../proxy-environment.ts'
import { isUrl } from '../realm.ts'
import { kindOf, wrong } from '../wrong-option.ts'
import { isLoopback } from './loopback.ts'

/** A proxy for all requests, or those that the environment names: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`. */
export type ProxyOption = URL | 'environment'

/** Which proxy a request goes through, if any. */
export interface Proxies {
  (url: URL): URL | undefined
  /** Two that choose alike have the same one. It holds the proxy's password. */
  readonly identity: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** Without the option, the environment is used if Node's own `fetch` has been told to use it. Throws ClientConfigurationError. */
export function checkedProxy(option: string, given: unknown): Proxies | undefined {
  if (given === undefined) return usesEnvironment(process.env) ? environmentProxies(process.env) : undefined
  if (given === 'environment') return environmentProxies(process.env)
  const remedy = "Give new URL('http://proxy.internal:3128'), or 'environment'."
  if (!isUrl(given)) wrong(option, `must be a URL or 'environment', but is ${kindOf(given)}`, remedy)
  const proxy = checkedProxyUrl(option, given.href)
  return Object.assign((url: URL) => unlessItLeaves(url, proxy), { identity: proxy.href })
}

function environmentProxies(environment: Environment): Proxies {
  const http = environmentProxy(environment, 'http_proxy')
  const https = environmentProxy(environment, 'https_proxy') ?? http
  const exemptions = exemptionsIn(environment)
  const exempt = exemption(exemptions)
  function choose(url: URL): URL | undefined {
    const proxy = url.protocol === 'https:' ? https : http
    return proxy === undefined || exempt(url) ? undefined : unlessItLeaves(url, proxy)
  }
  return Object.assign(choose, { identity: JSON.stringify([http?.href, https?.href, exemptions]) })
}

function environmentProxy(environment: Environment, name: 'http_proxy' | 'https_proxy'): URL | undefined {
  const variable = proxyVariable(environment, name)
  return variable === undefined
    ? undefined
    : checkedProxyUrl(`The environment variable ${variable}`, environment[variable] ?? '')
}

function checkedProxyUrl(option: string, value: string): URL {
  const remedy = 'Write it as http://host:port, or https:// for a proxy that speaks TLS.'
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search !== '')
    wrong(option, 'is not the URL of an HTTP proxy', remedy)
  try {
    decodeURIComponent(url.username + url.password)
  } catch {
    wrong(option, 'has a user name or password that is not percent-encoded', 'Write % as %25, and @ as %40.')
  }
  return url
}

/** What is plain HTTP only because it stays on this machine does not leave it for a proxy. */
function unlessItLeaves(url: URL, proxy: URL): URL | undefined {
  return url.protocol === 'http:' && isLoopback(url) && !isLoopback(proxy) ? undefined : proxy
}
