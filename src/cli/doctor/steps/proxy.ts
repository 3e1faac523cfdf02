import type { TokenClientOptions } from 'service-token-client'
import type { Outcome } from '../step.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface ProxyUse {
  /** The proxy that requests go through. */
  readonly url: URL | undefined
  /** A variable that names a proxy which is not used. */
  readonly idle: string | undefined
}

const variables = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY']

/** Whether requests go through a proxy. Its user name and password are not shown. */
export function lookAtProxy(_options: TokenClientOptions, environment: Environment): Outcome<ProxyUse> {
  const named = variables.find((name) => environment[name])
  if (named === undefined) return { summary: 'none', fact: { url: undefined, idle: undefined } }
  return { summary: `none; ${named} is set and not used`, fact: { url: undefined, idle: named } }
}
