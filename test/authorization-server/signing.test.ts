import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { signingAlgorithms } from '../../src/authorization-server/tokens/signing-keys.ts'
import { manualClock } from '../../src/testing/index.ts'
import { orders, post, serverForTest } from './server.ts'

async function newToken(tokenEndpoint: string): Promise<string> {
  const { access_token: token } = (await (await post(tokenEndpoint)).json()) as { access_token: string }
  return token
}

const secret = 'a secret that has at least sixty-four bytes, so that it serves HS512 too'
const hasMlDsa = Number(process.versions.node.split('.')[0]) >= 24

const usable = signingAlgorithms.filter((algorithm) => hasMlDsa || !algorithm.startsWith('ML'))

test.each(usable)('tokens can be signed with %s', async (signingAlgorithm) => {
  const shared = signingAlgorithm.startsWith('HS')
  const options = { signingAlgorithm, ...(shared && { signingSecret: secret }) }
  const { tokenEndpoint, jwksUri } = await serverForTest(options)
  const token = await newToken(tokenEndpoint)
  const { alg, kid } = decodeProtectedHeader(token)
  expect(alg).toBe(signingAlgorithm)
  if (shared) {
    expect(kid).toBeUndefined()
    await jwtVerify(token, Buffer.from(secret))
    expect(await (await fetch(jwksUri)).json()).toEqual({ keys: [] })
  } else await jwtVerify(token, createRemoteJWKSet(new URL(jwksUri)))
})

test.skipIf(hasMlDsa)('an algorithm that this Node does not have is refused by its name', async () => {
  await expect(serverForTest({ signingAlgorithm: 'ML-DSA-44' })).rejects.toThrow(
    'This version of Node cannot sign with ML-DSA-44.'
  )
})

test('a shared secret is not rotated', async () => {
  const server = await serverForTest({ signingAlgorithm: 'HS256', signingSecret: secret })
  await expect(server.rotateKeys()).rejects.toThrow(/Start it with another secret/)
})

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'keys-'))
  onTestFinished(() => rm(made, { recursive: true }))
  return made
}

test.each(['ES256', 'RS256', 'Ed25519'] as const)(
  'with a file of keys, %s tokens count after a restart, and through a rotation',
  async (signingAlgorithm) => {
    const clock = manualClock()
    const keysFile = join(await folder(), 'keys.json')
    const options = { clients: [orders], issuer: 'http://auth.internal', keysFile, clock, signingAlgorithm }
    const first = await startAuthorizationServer(options)
    const old = await newToken(first.tokenEndpoint)
    await first.rotateKeys({ overlap: 60_000 })
    const rotated = await newToken(first.tokenEndpoint)
    await first.close()
    expect((await stat(keysFile)).mode & 0o777).toBe(0o600)

    const second = await startAuthorizationServer(options)
    onTestFinished(second.close)
    const verify = (token: string) =>
      jwtVerify(token, createRemoteJWKSet(new URL(second.jwksUri)), { currentDate: new Date(clock.wallTime()) })
    await verify(old)
    await verify(rotated)
    expect(decodeProtectedHeader(await newToken(second.tokenEndpoint)).kid).toBe(decodeProtectedHeader(rotated).kid)
    await clock.advance(60_000)
    await expect(verify(old)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' })
    await verify(rotated)
  }
)

test('a file of keys that is unusable is refused with its name, and stays as it is', async () => {
  const keysFile = join(await folder(), 'keys.json')
  for (const content of ['', '{}', '{"keys":[]}', '{"keys":[{"privateJwk":{}}]}']) {
    await writeFile(keysFile, content)
    await expect(serverForTest({ keysFile })).rejects.toThrow(
      /keys\.json for signing keys was not written by this server/
    )
    expect(await readFile(keysFile, 'utf8')).toBe(content)
  }
  await expect(serverForTest({ keysFile: join(await folder(), 'no', 'such', 'folder') })).rejects.toThrow(
    /cannot be written \(ENOENT\)/
  )
  await expect(serverForTest({ keysFile: await folder() })).rejects.toThrow(/cannot be read \(EISDIR\)/)
})

test('a file of keys for another algorithm is refused', async () => {
  const keysFile = join(await folder(), 'keys.json')
  await serverForTest({ keysFile })
  await expect(serverForTest({ keysFile, signingAlgorithm: 'RS256' })).rejects.toThrow(
    /are for ES256, but the server signs with RS256/
  )
})
