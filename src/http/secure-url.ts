import { isUrl } from '../realm.ts'
import { nonEmptyString, wrong } from '../wrong-option.ts'
import { isLoopback } from './loopback.ts'

/** The exported symbol that allows plain HTTP. A symbol, because no configuration file can set it. */
export const allowInsecureHttp: unique symbol = Symbol('service-token-client.allowInsecureHttp')

/** Whether nobody on the network path can read or change what is sent to a URL: it is HTTPS, or plain HTTP that stays on this machine. */
export function isSecure(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))
}

/**
 * Checks the URL of an option: `https:`, `http:` on loopback, or `http:` anywhere if plain HTTP is allowed.
 * @throws ClientConfigurationError
 */
export function secureUrl(option: string, value: unknown, example: string, insecureHttpAllowed: boolean): URL {
  const remedy = `Give a URL like '${example}'.`
  const text = isUrl(value) ? value.href : nonEmptyString(option, value, remedy)
  const url = URL.canParse(text) ? new URL(text) : undefined
  // The parser would take it out; what is sent and compared would keep it.
  if (/\s/.test(text)) wrong(option, 'contains whitespace, perhaps a line break', remedy)
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    wrong(option, 'is not an https URL', remedy)
  if (url.username !== '' || url.password !== '')
    wrong(option, 'contains a user name or a password', `${remedy} Nothing else.`)
  if (!isSecure(url) && !insecureHttpAllowed) {
    const fault = 'is plain HTTP to another machine, so anyone on the network path could read and forge tokens'
    const way = 'Use https. If your network already encrypts traffic, set [allowInsecureHttp]: true beside it.'
    wrong(option, fault, way, 'ERR_INSECURE_ORIGIN')
  }
  return url
}
