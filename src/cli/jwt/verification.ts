import { TokenClientError } from 'service-token-client'
import { columns } from '../layout.ts'

/** What a resource server of this library would decide about a token. */
export interface Verification {
  /** `undecided`: the issuer could not be asked for its keys. */
  readonly verdict: 'accepted' | 'refused' | 'undecided'
  /** The reason of the refusal, or the code of the error if the verdict is `undecided`. */
  readonly reason?: string
  readonly message?: string
}

export interface Expected {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly plainJwt: boolean
}

/**
 * Runs the verifier of `service-token-client/resource-server`.
 * @throws ClientConfigurationError if the issuer is not a URL
 */
export async function verify(token: string, { issuer, audience, plainJwt }: Expected): Promise<Verification> {
  const { acceptPlainJwt, accessTokenVerifier, TokenRefusedError } = await import(
    'service-token-client/resource-server'
  )
  const verifier = accessTokenVerifier({ issuer, audience, [acceptPlainJwt]: plainJwt })
  try {
    await verifier.verify(`Bearer ${token}`)
    return { verdict: 'accepted' }
  } catch (error) {
    if (!(error instanceof TokenClientError)) throw error
    if (error instanceof TokenRefusedError) return { verdict: 'refused', reason: error.reason, message: error.message }
    const { code, message, cause } = error
    const behind = cause instanceof Error ? ` ${cause.message}` : ''
    return { verdict: 'undecided', reason: code, message: `${message}${behind}` }
  } finally {
    await verifier.close()
  }
}

export function verificationLines({ verdict, reason = '', message = '' }: Verification): string {
  return `Verification\n${columns(verdict === 'accepted' ? [[verdict, '']] : [[`${verdict} (${reason})`, message]], 100)}`.trimEnd()
}
