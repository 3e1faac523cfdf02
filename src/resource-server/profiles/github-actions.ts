import type { TokenProfile } from './token-profile.ts'

/**
 * GitHub Actions, for the OIDC token of a workflow run. The `sub` identifies the caller, for example `repo:octo/orders:ref:refs/heads/main`. There is no
 * scope. Write a rule about `repository_id`, `ref` or `environment` instead. (GitHub: About security hardening with OpenID Connect.)
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
