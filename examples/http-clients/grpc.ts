import { type ChannelCredentials, Client, credentials } from '@grpc/grpc-js'
import type { TokenClient } from 'service-token-client'
import { grpcInterceptor } from 'service-token-client/adapters'

/** `Client` stands for the class that was made from your `.proto`. */
export function usersClient(
  tokens: TokenClient,
  target: string,
  secure: ChannelCredentials = credentials.createSsl()
): Client {
  const interceptor = grpcInterceptor(tokens, { origins: [`https://${target}`] }, secure)
  return new Client(target, secure, { interceptors: [interceptor] })
}
