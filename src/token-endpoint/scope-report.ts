import { type Emit, fieldsOf } from '../events.ts'
import { foreignScope } from '../token/foreign-text.ts'
import { missingScope } from '../token/scope.ts'
import type { TokenRequest } from '../token/token-request.ts'

/** The server decides on the scope (RFC 6749 §3.3), and the user should know if it differs from the request. */
export function reportScope(request: TokenRequest, granted: readonly string[], emit: Emit): void {
  const { scope } = request
  if (missingScope(scope, granted).length > 0)
    emit('scope-narrowed', { ...fieldsOf(request), asked: scope, granted: foreignScope(granted) })
  // A request without a scope gets the default of the server, so there is nothing to report.
  if (scope.length > 0 && missingScope(granted, scope).length > 0)
    emit('warning', {
      ...fieldsOf(request),
      code: 'scope_widened',
      message: 'The token grants more scope than the client asked for. Check what the client may have at the server.'
    })
}
