import type {
  ClientAuthentication,
  Proof,
  TokenRequestDraft
} from '../../src/client-authentication/client-authentication.ts'
import type { WarningCode } from '../../src/events.ts'
import { manualClock } from '../../src/testing/index.ts'
import { startDeadline } from '../../src/waiting/deadline.ts'

export interface Presented extends TokenRequestDraft {
  readonly proof: Proof
  readonly warnings: readonly WarningCode[]
}

/** A token request after client authentication has been added. */
export async function present(
  authentication: ClientAuthentication,
  fields: Partial<TokenRequestDraft> = {}
): Promise<Presented> {
  const warnings: WarningCode[] = []
  const draft: TokenRequestDraft = {
    clientId: 'order-service',
    form: new URLSearchParams({ grant_type: 'client_credentials' }),
    headers: {},
    issuer: 'https://auth.internal',
    tokenEndpoint: 'https://auth.internal/token',
    authenticationMethods: undefined,
    now: Date.UTC(2030, 0, 1),
    warn: (code) => void warnings.push(code),
    deadline: startDeadline({
      clock: manualClock(),
      timeout: 5000,
      timedOut: () => new Error('too slow'),
      signals: []
    }),
    ...fields
  }
  const proof = await authentication.authenticate(draft)
  return { ...draft, proof, warnings }
}
