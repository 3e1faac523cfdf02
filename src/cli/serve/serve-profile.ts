import type { TokenProfile } from 'service-token-client/resource-server'
import { UsageError } from '../command.ts'

type Door = typeof import('service-token-client/resource-server')
type Made = (door: Door, parameter: string | undefined) => TokenProfile

/** By the names that `--profile` takes. Some say whose tokens: `entra:TENANT`. */
const profiles: Readonly<Record<string, Made>> = {
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

/** Those of them that take something after a colon. */
const takesMore: readonly string[] = ['entra', 'keycloak', 'spiffe', 'xsuaa', 'zitadel']

/** The profile that `--profile` names. @throws UsageError */
export async function serveProfile(text: string): Promise<TokenProfile> {
  const [name = '', ...rest] = text.split(':')
  const make = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (make === undefined) throw new UsageError(`--profile must be one of: ${Object.keys(profiles).join(', ')}.`)
  if (rest.length > 0 && !takesMore.includes(name)) throw new UsageError(`--profile ${name} takes nothing after it.`)
  return make(await import('service-token-client/resource-server'), rest.length === 0 ? undefined : rest.join(':'))
}

function needed(name: string, parameter: string, value: string | undefined): string {
  if (!value) throw new UsageError(`--profile ${name} needs to know whose tokens it means: ${name}:${parameter}.`)
  return value
}
