import type { TokenProfile } from './token-profile.ts'

/**
 * GitHub Actions, the OIDC token of a workflow's run: the caller is its `sub`, as `repo:octo/orders:ref:refs/heads/main`. There is no scope;
 * write a rule about `repository_id`, `ref` or `environment`. (GitHub: About security hardening with OpenID Connect.)
 */
export function githubActions(): TokenProfile {
  return {
    name: 'githubActions',
    issuers: ['https://token.actions.githubusercontent.com'],
    types: ['jwt'],
    required: ['iss', 'sub', 'iat', 'jti', 'repository'],
    clientId: [['sub']],
    scope: [],
    roles: [],
    client: [[{ at: ['repository'], is: 'present' }]],
    user: []
  }
}
