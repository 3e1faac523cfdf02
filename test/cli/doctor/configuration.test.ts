import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { catalogue } from '../../../src/cli/doctor/finding.ts'
import { read } from '../../house/documented.ts'
import { developmentServer, doctor, environmentOf, folderForTests, secret } from './run-doctor.ts'

const { run, found } = doctor()
const file = folderForTests()

describe('the configuration', () => {
  test.each([
    ['setting-missing', { CLIENT_ID: '' }],
    ['setting-unknown', { CLIENTID: 'marker-x' }],
    ['settings-conflict', { ASSERTION_FILE: '/marker-x' }],
    ['setting-invalid', { TIMEOUT: 'marker-x' }],
    ['plain-http', { ISSUER: 'http://auth.internal' }],
    ['credential-unavailable', { CLIENT_SECRET: '', CLIENT_SECRET_FILE: '/no/such/file' }]
  ])('%s', async (name, settings) => {
    expect(await found('https://auth.internal', settings)).toEqual([name])
  })

  test('tls-verification-off, beside what comes later', async () => {
    const server = await developmentServer()
    const settings = environmentOf(server.issuer)
    const { exitCode, stdout } = await run(['doctor', '--json'], {
      environment: { ...settings, NODE_TLS_REJECT_UNAUTHORIZED: '0' }
    })
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout).findings).toMatchObject([{ name: 'tls-verification-off' }])
  })

  test('secret-whitespace, beside the refusal that it leads to', async () => {
    const server = await developmentServer()
    await writeFile(file('secret'), ` ${secret}`)
    const settings = { CLIENT_SECRET: '', CLIENT_SECRET_FILE: file('secret') }
    expect(await found(server.issuer, settings)).toEqual(['secret-whitespace', 'credential-refused'])
  })

  test('a flag that does not exist is wrong usage', async () => {
    expect(await run(['doctor', '--isuer', 'x'])).toMatchObject({ exitCode: 2, stdout: '' })
    expect(await run(['doctor', '--call', 'users.internal'])).toMatchObject({ exitCode: 2, stdout: '' })
  })
})

test('a person reads one line for each step, each finding with reason and remedy, and the refresh plan', async () => {
  const server = await developmentServer()
  const args = ['doctor', '--issuer', server.issuer, '--client-id', 'orders', '--client-secret-file', '-']
  const well = await run(args, { input: secret })
  expect(well).toMatchObject({ exitCode: 0, stderr: '' })
  const steps = [...well.stdout.matchAll(/^ {2}ok {4}([\w -]+?)(?: {2,}|$)/gm)].map(([, name]) => name)
  expect(steps).toEqual([
    ...['configuration', 'proxy', 'name look-up', 'connection', 'metadata', 'token request'],
    ...['answer', 'clock', 'signature', 'refresh plan']
  ])
  expect(well.stdout).toMatch(/\n {8}\|=+R-+\|\n/)
  expect(well.stdout).toMatch(/\nNothing found\.\n$/)

  server.faults.lifetime(3000)
  const ill = await run(args, { input: secret })
  expect(ill.exitCode).toBe(1)
  expect(ill.stdout).toMatch(
    / {2}FAIL {2}answer .*\n {8}life-short: .*\n {8}Why it matters: .*\n(.*\n)* {8}What to do: /
  )
  expect(ill.stdout).toMatch(/\n1 finding\.\n$/)
})

test('docs/doctor.md explains every finding and no other, in the words of the doctor', () => {
  const rows = [...read('docs/doctor.md').matchAll(/^\| `([\w-]+)` \| (.*) \| (.*) \|$/gm)]
  expect(Object.fromEntries(rows.map(([, name, why, remedy]) => [name, { why, remedy }]))).toEqual(catalogue)
})
