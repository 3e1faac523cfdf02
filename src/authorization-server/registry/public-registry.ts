import type { ClientCredentials, RegisteredSecret } from './credentials.ts'
import type { ClientRegistration, Registry } from './registration.ts'

/** The registry with the name of an environment variable in place of each secret. It can be loaded again if these variables are set. */
export function publicRegistry({ clients, ...rest }: Registry): Registry {
  return { ...rest, clients: clients.map(publicClient) }
}

export function publicClient({ clientSecret, ...client }: ClientRegistration): ClientRegistration {
  if (clientSecret === undefined) return client
  const { clientId, ...rest } = client
  return { clientId, clientSecret: withoutSecrets(clientId, clientSecret), ...rest }
}

function withoutSecrets(clientId: string, given: NonNullable<ClientCredentials['clientSecret']>) {
  const variables = [given].flat().map((secret, index) => variableFor(clientId, secret as RegisteredSecret, index))
  return Array.isArray(given) ? variables : (variables[0] ?? [])
}

function variableFor(clientId: string, secret: RegisteredSecret, index: number): RegisteredSecret {
  if (typeof secret === 'object' && 'env' in secret) return secret
  const name = `${clientId.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}_SECRET`
  return { env: index === 0 ? name : `${name}_${index + 1}` }
}
