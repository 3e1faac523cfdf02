import { join } from 'node:path'
import { installed, root, tool } from './project.js'
import { firstBlock } from './readme.js'

const compilers = { 5.4: 'typescript-5.4', 5.9: 'typescript', 7: 'typescript-7' }

/** Way of resolving → its options, and the files whose kind it knows. */
const ways = {
  node16: { options: ['--module', 'node16'], kinds: ['.mts', '.cts'] },
  nodenext: { options: ['--module', 'nodenext'], kinds: ['.mts', '.cts'] },
  bundler: { options: ['--module', 'esnext', '--moduleResolution', 'bundler'], kinds: ['.mts'] }
}

const program = `
import { allowInsecureHttp, createTokenClient, TokenClientError, type AccessToken, type TokenClient } from 'service-token-client'
import { startAuthorizationServer } from 'service-token-client/authorization-server'
import { accessTokenVerifier, type VerifiedToken } from 'service-token-client/resource-server'
import { manualClock } from 'service-token-client/testing'

const tokens: TokenClient = createTokenClient({
  issuer: 'https://auth.internal', clientId: 'orders', clientSecret: 's', clock: manualClock(), [allowInsecureHttp]: true
})
export const token: Promise<AccessToken> = tokens.getToken()
export const verified: Promise<VerifiedToken> = accessTokenVerifier({ issuer: 'https://a.test', audience: 'users' }).verify('Bearer x')
export const started = startAuthorizationServer({ clients: [] })
export function codeOf(error: unknown): string | undefined {
  return error instanceof TokenClientError ? error.code : undefined
}
// @ts-expect-error: the types are there, and say what is wrong
createTokenClient({ issuer: 1 })
`

/** TypeScript of several versions, in each way of resolving, as ES modules and as CommonJS. */
export const typeScript = Object.entries(compilers).map(([version, compiler]) => [
  version,
  (tarball) => {
    const files = { 'program.mts': program, 'program.cts': program, 'readme.mts': firstBlock }
    const types = join(root, 'packaging/node_modules/@types')
    return installed(tarball, files, async (folder) => {
      for (const { options, kinds } of Object.values(ways)) {
        const common = [
          '--noEmit',
          '--strict',
          '--target',
          'es2022',
          '--skipLibCheck',
          'false',
          '--types',
          'node',
          '--typeRoots',
          types
        ]
        const programs = kinds.map((kind) => `program${kind}`)
        await tool(`${compiler}/bin/tsc`, [...common, ...options, ...programs, 'readme.mts'], { cwd: folder })
      }
    })
  }
])
