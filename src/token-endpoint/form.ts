import { joinScope } from '../token/scope.ts'
import type { TokenRequest } from '../token/token-request.ts'

/** The form of a client credentials request (RFC 6749 §4.4.2, RFC 8707 §2). A parameter without a value is left out (§3.2). */
export function tokenRequestForm({ scope, audience = '', resource, parameters }: TokenRequest): URLSearchParams {
  const fields: [string, string][] = [
    ['grant_type', 'client_credentials'],
    ['scope', joinScope(scope)],
    ['audience', audience],
    ...resource.map((uri): [string, string] => ['resource', uri]),
    ...Object.entries(parameters)
  ]
  return new URLSearchParams(fields.filter(([, value]) => value !== ''))
}
