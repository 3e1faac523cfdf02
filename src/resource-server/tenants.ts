import { wrong } from '../wrong-option.ts'
import { chosenVerifier, unverifiedIssuer } from './chosen-verifier.ts'
import type { AccessTokenVerifier } from './verifier.ts'
import type { AccessTokenVerifierOptions } from './verifier-options.ts'

const place = '{tenant}'
/** The text that can replace `{tenant}`: one segment of a path, or one label of a host name. */
const tenantName = '([A-Za-z0-9][A-Za-z0-9_-]{0,127})'
const mostTenants = 1000

/** Whether the issuer contains `{tenant}`. */
export function hasTenants({ issuer, profile, tenants }: AccessTokenVerifierOptions): boolean {
  const named = issuer === undefined ? (profile?.issuers ?? []) : [issuer]
  return tenants !== undefined || named.some((each) => typeof each === 'string' && each.includes(place))
}

/** Creates a verifier for each tenant when its first token comes, and keeps the latest thousand. @throws ClientConfigurationError */
export function tenantsVerifier(
  options: AccessTokenVerifierOptions,
  make: (options: AccessTokenVerifierOptions) => AccessTokenVerifier
): AccessTokenVerifier {
  const { tenants, issuer, profile, introspection, savedKeys, ...others } = options
  const named = issuer === undefined ? (profile?.issuers ?? []) : [issuer]
  const templates = issuer !== undefined && profile?.issuers?.includes(issuer) ? profile.issuers : named
  if (!templates.every((template) => typeof template === 'string' && template.split(place).length === 2))
    wrong('issuer', `needs ${place} once, for the option tenants`, 'Write it in place of the tenant in the issuer.')
  if (introspection !== undefined || savedKeys !== undefined)
    wrong(
      'introspection and savedKeys',
      'cannot be combined with tenants',
      'Create a verifier for each tenant, and combine them with anyIssuer().',
      'ERR_CONFLICTING_OPTIONS'
    )
  const allows = tenantRule(tenants)
  const forms = templates.map((template) => new RegExp(`^${template.split(place).map(escaped).join(tenantName)}$`))
  const verifiers = new Map<string, AccessTokenVerifier>()

  function tenantOf(token: string): string | undefined {
    const named = unverifiedIssuer(token)
    return named === undefined
      ? undefined
      : forms.map((form) => form.exec(named)?.[1]).find((tenant) => tenant !== undefined)
  }

  function verifierOf(tenant: string): AccessTokenVerifier {
    const verifier = verifiers.get(tenant) ?? make(optionsOf(tenant))
    verifiers.delete(tenant)
    verifiers.set(tenant, verifier)
    const [oldest] = verifiers
    if (verifiers.size > mostTenants && oldest !== undefined) {
      verifiers.delete(oldest[0])
      void oldest[1].close()
    }
    return verifier
  }

  function optionsOf(tenant: string): AccessTokenVerifierOptions {
    return {
      ...others,
      ...(issuer !== undefined && { issuer: issuer.replace(place, tenant) }),
      // The allowed characters of a tenant need no escaping in JSON.
      ...(profile !== undefined && { profile: JSON.parse(JSON.stringify(profile).replaceAll(place, tenant)) })
    }
  }

  return chosenVerifier({
    // This verifier gets no token. It checks the options at the start and answers requests without a token.
    first: make(optionsOf('tenant')),
    async choose(token) {
      const tenant = tenantOf(token)
      return tenant !== undefined && (await allows(tenant)) === true ? verifierOf(tenant) : undefined
    },
    all: () => verifiers.values(),
    internals: { judges: (token) => tenantOf(token) !== undefined, issuers: templates, takesOpaqueTokens: false }
  })
}

function tenantRule(tenants: AccessTokenVerifierOptions['tenants']): (tenant: string) => boolean | Promise<boolean> {
  if (typeof tenants === 'function') return tenants
  if (!Array.isArray(tenants) || tenants.length === 0)
    wrong(
      'tenants',
      'is missing',
      'Give the tenants whose tokens you accept, as a list or a function. Otherwise the tokens of every tenant would be accepted.',
      'ERR_MISSING_OPTION'
    )
  const list: readonly unknown[] = [...tenants]
  return (tenant) => list.includes(tenant)
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
