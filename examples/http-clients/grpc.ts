import { type CallCredentials, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import type { AccessToken, TokenClient } from 'service-token-client'
import { anotherToken } from './another-token.ts'

/** Makes a unary call with call credentials, and once more with another token after UNAUTHENTICATED. The channel must be TLS. */
export async function withToken<T>(
  tokens: TokenClient,
  host: string,
  call: (callCredentials: CallCredentials) => Promise<T>
): Promise<T> {
  const token = await tokens.getToken()
  try {
    return await call(credentialsOf(token, host))
  } catch (error) {
    if ((error as ServiceError).code !== status.UNAUTHENTICATED) throw error
    const next = await anotherToken(tokens, token)
    if (next === undefined) throw error
    return call(credentialsOf(next, host))
  }
}

function credentialsOf({ authorization }: AccessToken, host: string): CallCredentials {
  return credentials.createFromMetadataGenerator(({ service_url }, callback) => {
    if (new URL(service_url).hostname !== host) return callback(new Error('The token is not for this service.'))
    const metadata = new Metadata()
    metadata.set('authorization', authorization)
    return callback(null, metadata)
  })
}
