import { githubActions } from '../../../src/resource-server/index.ts'
import { audience } from '../issuer.ts'
import { now, testProfile } from './forms.ts'

const sub = 'repo:octo/orders:ref:refs/heads/main'
const machine = {
  jti: 'example-id',
  sub,
  aud: audience,
  ref: 'refs/heads/main',
  sha: 'a1b2c3',
  repository: 'octo/orders',
  repository_owner: 'octo',
  actor_id: '12',
  repository_visibility: 'private',
  repository_id: '74',
  repository_owner_id: '65',
  run_id: '1',
  run_attempt: '1',
  actor: 'octocat',
  workflow: 'deploy',
  event_name: 'push',
  ref_type: 'branch',
  job_workflow_ref: 'octo/orders/.github/workflows/deploy.yml@refs/heads/main',
  iss: 'https://token.actions.githubusercontent.com',
  nbf: now - 600,
  exp: now + 300,
  iat: now
}

testProfile(githubActions(), {}, { header: { typ: 'JWT', alg: 'ES256', x5t: 'x', kid: 'one' }, claims: machine }, [
  [
    'a run on a branch',
    {},
    { issuer: machine.iss, clientId: sub, subject: sub, actsFor: 'itself', scope: [], roles: [] }
  ],
  [
    'a run in an environment',
    { sub: 'repo:octo/orders:environment:production' },
    { clientId: 'repo:octo/orders:environment:production' }
  ],
  ['a run on a tag', { sub: 'repo:octo/orders:ref:refs/tags/v1' }, { clientId: 'repo:octo/orders:ref:refs/tags/v1' }],
  ['a run for a pull request', { sub: 'repo:octo/orders:pull_request' }, { clientId: 'repo:octo/orders:pull_request' }],
  ['a subject of the organization’s own', { sub: 'repository_id:74' }, { clientId: 'repository_id:74' }],
  ['claims as they are', {}, { claims: machine }],
  ['a repository that is missing', { repository: undefined }, 'missing_claim'],
  ['no subject', { sub: undefined }, 'missing_claim'],
  ['no id', { jti: undefined }, 'missing_claim'],
  ['the usual audience, the owner’s page', { aud: 'https://github.com/octo' }, 'wrong_audience'],
  ['GitHub Enterprise Server', { iss: 'https://github.internal/_services/token' }, 'wrong_issuer'],
  ['an issuer with a slash', { iss: 'https://token.actions.githubusercontent.com/' }, 'wrong_issuer'],
  ['no type', {}, 'wrong_type', { typ: undefined }],
  ['no issuer', { iss: undefined }, 'missing_claim']
])
