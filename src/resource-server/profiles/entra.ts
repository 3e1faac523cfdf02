import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

export interface EntraOptions {
  /** The id of the tenant, which tokens have as `tid`. For several tenants, give `{tenant}` and the verifier's option `tenants`. */
  readonly tenant: string
}

/**
 * Microsoft Entra ID, for v1 and v2 tokens of one tenant. The audience of a v2 token is the id of the application. The audience of a v1 token is the id
 * or the URI (`api://…`) of the application. Only tokens of users have scopes (`scp`). The optional claim `idtyp` says whether a token is an
 * application's. Without it, `oid` and `sub` are equal only in an application's token; the server assigns both. ID tokens have neither `azp` nor `appid`.
 * (Microsoft identity platform: Access token claims reference, Claims validation, Optional claims.)
 */
export function entra({ tenant }: EntraOptions): TokenProfile {
  return {
    name: 'entra',
    issuers: [`https://login.microsoftonline.com/${tenant}/v2.0`, `https://sts.windows.net/${tenant}/`],
    types: ['jwt'],
    required: ['iss', 'sub', 'iat', 'tid'],
    must: [{ at: ['tid'], oneOf: [tenant] }],
    mustNot: idTokenClaims,
    clientId: [['azp'], ['appid']],
    scope: [{ at: ['scp'], form: 'words' }],
    roles: [{ at: ['roles'] }],
    client: [
      [{ at: ['idtyp'], oneOf: ['app'] }],
      [
        { at: ['idtyp'], is: 'absent' },
        { at: ['scp'], is: 'absent' },
        { at: ['oid'], sameAs: ['sub'] }
      ]
    ],
    user: [[{ at: ['idtyp'], oneOf: ['user'] }], [{ at: ['scp'], is: 'present' }]]
  }
}
