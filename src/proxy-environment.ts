type Environment = Readonly<Record<string, string | undefined>>

/**
 * Whether Node's own `fetch` has been told to use the proxies of the environment. `NODE_USE_ENV_PROXY` counts on every Node, also on those
 * whose `fetch` does not know it yet.
 */
export function usesEnvironment(environment: Environment): boolean {
  const { execArgv = [] } = process as Partial<NodeJS.Process>
  const options = variableOf(environment, 'NODE_OPTIONS') ?? ''
  return (
    variableOf(environment, 'NODE_USE_ENV_PROXY') === '1' ||
    [...execArgv, ...options.split(' ')].includes('--use-env-proxy')
  )
}

/** `process.env` has the prototype of every object, on which anything in the process can have written. */
function variableOf(environment: Environment, name: string): string | undefined {
  return Object.hasOwn(environment, name) ? environment[name] : undefined
}

/** The variable that names the proxy, if one does. The name in small letters comes first, as with undici's `EnvHttpProxyAgent`. */
export function proxyVariable(environment: Environment, name: 'http_proxy' | 'https_proxy'): string | undefined {
  const variable = variableOf(environment, name) === undefined ? name.toUpperCase() : name
  return variableOf(environment, variable) ? variable : undefined
}

/** What `NO_PROXY` says. */
export function exemptionsIn(environment: Environment): string {
  return variableOf(environment, 'no_proxy') ?? variableOf(environment, 'NO_PROXY') ?? ''
}

/** Whether such a list names a URL: names with their subdomains, addresses, each with a port perhaps, or `*`. */
export function exemption(list: string): (url: URL) => boolean {
  const entries = list
    .toLowerCase()
    .split(/[,\s]+/)
    .filter((entry) => entry !== '')
  const named = entries.map((entry) => {
    if (/^[^[]*:.*:/.test(entry)) return { host: `[${entry}]`, port: undefined } // an IPv6 address, as a URL has it
    const [, host = entry, port] = /^(.+?):(\d+)$/.exec(entry) ?? []
    return { host: bare(host.replace(/^\*?\./, '')), port }
  })
  return ({ hostname: written, port, protocol }) => {
    const hostname = bare(written)
    const wanted = port || (protocol === 'https:' ? '443' : '80')
    return named.some(
      (entry) =>
        (entry.port === undefined || entry.port === wanted) &&
        (entry.host === '*' || hostname === entry.host || hostname.endsWith(`.${entry.host}`))
    )
  }
}

/** A dot at the end of a name says only that the name is whole. */
function bare(name: string): string {
  return name.replace(/(?<=.)\.$/, '')
}
