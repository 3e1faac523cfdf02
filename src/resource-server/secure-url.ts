import { ClientConfigurationError } from '../errors.ts'
import { isLoopback } from '../http/loopback.ts'

/** A URL that keys or answers about tokens may come from. @throws ClientConfigurationError unless it is https, or http on loopback. */
export function secureUrl(option: string, value: string | URL, insecureHttpAllowed: boolean): string {
  const url = URL.canParse(String(value)) ? new URL(value) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new ClientConfigurationError('ERR_INVALID_OPTION', `${option} needs an https URL without user and password.`)
  if (url.protocol === 'http:' && !isLoopback(url) && !insecureHttpAllowed) {
    const message = `${option} is plain HTTP to another machine: whoever is on the way could forge tokens. Use https, or set [allowInsecureHttp]: true if plain HTTP is your decision.`
    throw new ClientConfigurationError('ERR_INSECURE_ORIGIN', message)
  }
  return String(value)
}
