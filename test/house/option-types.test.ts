import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compile } from './compile.ts'
import { root } from './imports.ts'

/** Wrong options → what the compiler has to name. */
const wrong: Readonly<Record<string, string>> = {
  "{ issuer: 'https://a', clientId: 'a' }": "Property 'clientSecret' is missing",
  "{ tokenEndpoint: 'https://a', clientId: 'a' }": "Property 'clientSecret' is missing",
  "{ issuer: 'https://a', clientId: 'a', clientSecret: process.env.SECRET }": "Types of property 'clientSecret'",
  "{ tokenEndpoint: 'https://a', clientId: 'a', clientSecret: process.env.SECRET }": "Types of property 'clientSecret'",
  "{ clientId: 'a', clientSecret: 's' }": "Property 'issuer' is missing",
  "{ issuer: process.env.ISSUER, clientId: 'a', clientSecret: 's' }": "Types of property 'issuer'",
  "{ issuer: 'https://a', clientSecret: 's' }": "Property 'clientId' is missing",
  "{ issuer: 'https://a', clientId: 'a', clientSecret: 's', clientAuthentication: clientSecretPost('s') }":
    "Types of property 'clientAuthentication'",
  "{ issuer: 'https://a', clientId: 'a', clientSecret: { env: process.env.NAME } }": "Types of property 'env'",
  "{ issuer: 'https://a', clientId: 'a', clientSecret: { file: '/a', env: 'B' } }": "'file' does not exist",
  "{ issuer: 'https://a', clientId: 'a', clientAuthentication: privateKeyJwt({ key: process.env.KEY }) }":
    "Types of property 'key'",
  "{ issuer: 'https://a', clientId: 'a', clientSecret: 's', scopes: [] }": "'scopes' does not exist",
  "{ tokenEndpoint: 'https://a', clientId: 'a', clientSecret: 's', metadata: {} }": "'tokenEndpoint' does not exist"
}

test('W31 the compiler names the option that is missing or can be undefined', async () => {
  await mkdir(join(root, '.cache'), { recursive: true })
  const folder = await mkdtemp(join(root, '.cache/options-'))
  try {
    const calls = Object.keys(wrong)
    for (const [index, options] of calls.entries()) {
      const code = `import { clientSecretPost, createTokenClient, privateKeyJwt } from 'service-token-client'\ncreateTokenClient(${options})\n`
      await writeFile(join(folder, `call-${index}.ts`), code)
    }
    const complaints = await compile(folder, 'undici')
    for (const [index, options] of calls.entries()) {
      const [, complaint = ''] = new RegExp(`call-${index}\\.ts([^]*?)(?=\\n\\S|$)`).exec(complaints) ?? []
      expect({ options, complaint }).toEqual({ options, complaint: expect.stringContaining(wrong[options] ?? '') })
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})
