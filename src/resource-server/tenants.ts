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

type MakeVerifier = (options: AccessTokenVerifierOptions) => AccessTokenVerifier

/** Creates a verifier for each tenant when its first token comes, and keeps the latest thousand. @throws ClientConfigurationError */
export function tenantsVerifier(options: AccessTokenVerifierOptions, make: MakeVerifier): AccessTokenVerifier {
  const { tenants, introspection, savedKeys, ...ofEach } = options
  const templates = issuerTemplates(ofEach)
  if (introspection !== undefined || savedKeys !== undefined)
    wrong(
      'introspection and savedKeys',
      'cannot be combined with tenants',
      'Create a verifier for each tenant, and combine them with anyIssuer().',
      'ERR_CONFLICTING_OPTIONS'
    )
  const allows = tenantRule(tenants)
  const tenantOf = tenantReader(templates)
  const verifiers = new TenantVerifiers(ofEach, make)
  return chosenVerifier({
    // This verifier gets no token. It checks the options at the start and answers requests without a token.
    first: make(optionsFor('tenant', ofEach)),
    async choose(token) {
      const tenant = tenantOf(token)
      return tenant !== undefined && (await allows(tenant)) === true ? verifiers.of(tenant) : undefined
    },
    all: () => verifiers.kept,
    internals: { judges: (token) => tenantOf(token) !== undefined, issuers: templates, takesOpaqueTokens: false }
  })
}

/** The verifiers of the latest tenants. */
class TenantVerifiers {
  readonly #ofEach: AccessTokenVerifierOptions
  readonly #make: MakeVerifier
  /** The verifier that was not used for the longest time comes first. */
  readonly #verifiers = new Map<string, AccessTokenVerifier>()

  constructor(ofEach: AccessTokenVerifierOptions, make: MakeVerifier) {
    this.#ofEach = ofEach
    this.#make = make
  }

  get kept(): Iterable<AccessTokenVerifier> {
    return this.#verifiers.values()
  }

  of(tenant: string): AccessTokenVerifier {
    const verifier = this.#verifiers.get(tenant) ?? this.#make(optionsFor(tenant, this.#ofEach))
    this.#verifiers.delete(tenant)
    this.#verifiers.set(tenant, verifier)
    if (this.#verifiers.size > mostTenants) this.#closeOldest()
    return verifier
  }

  #closeOldest(): void {
    const [oldest] = this.#verifiers
    if (oldest === undefined) return
    const [tenant, verifier] = oldest
    this.#verifiers.delete(tenant)
    void verifier.close()
  }
}

/** The issuers with `{tenant}` in them. A profile can have several names for the same issuer. */
function issuerTemplates({ issuer, profile }: AccessTokenVerifierOptions): readonly string[] {
  const named = issuer === undefined ? (profile?.issuers ?? []) : [issuer]
  const templates = issuer !== undefined && profile?.issuers?.includes(issuer) ? profile.issuers : named
  if (!templates.every((template) => typeof template === 'string' && template.split(place).length === 2))
    wrong('issuer', `needs ${place} once, for the option tenants`, 'Write it in place of the tenant in the issuer.')
  return templates
}

/** Reads the tenant from the issuer of a token that is not verified yet. */
function tenantReader(templates: readonly string[]): (token: string) => string | undefined {
  const forms = templates.map((template) => new RegExp(`^${template.split(place).map(escaped).join(tenantName)}$`))
  return (token) => {
    const issuer = unverifiedIssuer(token)
    if (issuer === undefined) return undefined
    return forms.map((form) => form.exec(issuer)?.[1]).find((tenant) => tenant !== undefined)
  }
}

/** `ofEach` are the options that all tenants have in common, with `{tenant}` in place of the tenant. */
function optionsFor(tenant: string, ofEach: AccessTokenVerifierOptions): AccessTokenVerifierOptions {
  const { issuer, profile, ...others } = ofEach
  return {
    ...others,
    ...(issuer !== undefined && { issuer: issuer.replace(place, tenant) }),
    // The allowed characters of a tenant need no escaping in JSON.
    ...(profile !== undefined && { profile: JSON.parse(JSON.stringify(profile).replaceAll(place, tenant)) })
  }
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
