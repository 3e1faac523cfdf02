import type { TokenProfile } from 'service-token-client/resource-server'
import { UsageError } from '../command.ts'

type ResourceServer = typeof import('service-token-client/resource-server')
type MakeProfile = (resourceServer: ResourceServer, parameter: string | undefined) => TokenProfile

/** The profiles that `--profile` knows. Some take a parameter, such as `entra:TENANT`. */
const profiles: Readonly<Record<string, MakeProfile>> = {
  auth0: ({ auth0 }) => auth0(),
  cognito: ({ cognito }) => cognito(),
  duende: ({ duende }) => duende(),
  entra: ({ entra }, tenant) => entra({ tenant: needed('entra', 'TENANT', tenant) }),
  'github-actions': ({ githubActions }) => githubActions(),
  'google-service-account': ({ googleServiceAccount }) => googleServiceAccount(),
  hydra: ({ hydra }) => hydra(),
  keycloak: ({ keycloak }, client) => keycloak(client === undefined ? {} : { client }),
  kubernetes: ({ kubernetes }) => kubernetes(),
  okta: ({ okta }) => okta(),
  ping: ({ ping }) => ping(),
  rfc9068: ({ rfc9068 }) => rfc9068(),
  spiffe: ({ spiffe }, trustDomain) => spiffe(trustDomain === undefined ? {} : { trustDomain }),
  'spring-authorization-server': ({ springAuthorizationServer }) => springAuthorizationServer(),
  'spring-oauth2': ({ springOAuth2 }) => springOAuth2(),
  xsuaa: ({ xsuaa }, appName) => xsuaa({ appName: needed('xsuaa', 'APPLICATION', appName) }),
  zitadel: ({ zitadel }, project) => zitadel(project === undefined ? {} : { project })
}

/** The profiles that take a parameter after a colon. */
const withParameter: readonly string[] = ['entra', 'keycloak', 'spiffe', 'xsuaa', 'zitadel']

/** Creates the profile that `--profile` names. @throws UsageError */
export async function serveProfile(text: string): Promise<TokenProfile> {
  const [name = '', ...rest] = text.split(':')
  const make = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (make === undefined) throw new UsageError(`--profile must be one of: ${Object.keys(profiles).join(', ')}.`)
  if (rest.length > 0 && !withParameter.includes(name))
    throw new UsageError(`--profile ${name} takes no parameter. Write it without the colon.`)
  return make(await import('service-token-client/resource-server'), rest.length === 0 ? undefined : rest.join(':'))
}

function needed(name: string, parameter: string, value: string | undefined): string {
  if (!value) throw new UsageError(`--profile ${name} needs a parameter. Write ${name}:${parameter}.`)
  return value
}
