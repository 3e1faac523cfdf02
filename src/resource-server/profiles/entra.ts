import { idTokenClaims } from './id-token.ts'
import type { TokenProfile } from './token-profile.ts'

export interface EntraOptions {
  /** The tenant's id, as it stands in `tid`. `{tenant}` together with the option `tenants` of the verifier takes several. */
  readonly tenant: string
}

/**
 * Microsoft Entra ID, v1 and v2 tokens of one tenant. The audience of a v2 token is the application's id, that of a v1 token its id or its URI
 * (`api://…`). Scopes (`scp`) stand in users' tokens alone; `idtyp` is an optional claim, and without it `oid` and `sub` are the same in an
 * application's token alone, both made by the server. ID tokens have neither `azp` nor `appid`.
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
