import type { TokenClientOptions } from 'service-token-client'
import { exemption, exemptionsIn, proxyVariable, usesEnvironment } from '../../../proxy-environment.ts'
import { configuredEndpoint } from '../configured-endpoint.ts'
import { type Finding, finding } from '../finding.ts'
import type { Outcome } from '../step.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface ProxyUse {
  /** The proxy that requests go through, if there is one. */
  readonly url: URL | undefined
  /** The name of a variable whose proxy is not used. */
  readonly idle: string | undefined
}

const none: ProxyUse = { url: undefined, idle: undefined }

/** Finds out whether requests go through a proxy. The user name and the password of the proxy are not shown. */
export function lookAtProxy(options: TokenClientOptions, environment: Environment): Outcome<ProxyUse> {
  const { proxy } = options
  if (proxy instanceof URL) return { summary: `${proxy.host}, as configured`, fact: { url: proxy, idle: undefined } }
  const url = new URL(options.issuer ?? configuredEndpoint(options) ?? '')
  const own = url.protocol === 'https:' ? proxyVariable(environment, 'https_proxy') : undefined
  const variable = own ?? proxyVariable(environment, 'http_proxy')
  if (variable === undefined) return { summary: 'none', fact: none }
  if (proxy !== 'environment' && !usesEnvironment(environment))
    return { summary: `none; ${variable} is set, but not used`, fact: { url: undefined, idle: variable } }
  const value = environment[variable] ?? ''
  if (!URL.canParse(value)) return { summary: variable, findings: [unusable(variable)] }
  if (exemption(exemptionsIn(environment))(url))
    return { summary: `none: NO_PROXY exempts ${url.hostname}`, fact: none }
  const used = new URL(value)
  return { summary: `${used.host}, by ${variable}`, fact: { url: used, idle: undefined } }
}

function unusable(variable: string): Finding {
  return finding('setting-invalid', `${variable} is not the URL of a proxy. Write it as http://host:port.`)
}
