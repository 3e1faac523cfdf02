import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../../src/authorization-server/index.ts'
import { catalogue, type FindingName } from '../../../src/cli/doctor/finding.ts'
import { type ServiceToken, serviceToken } from '../service-token.ts'

export const secret = 'marker-secret-%+ é'

/** Without the prefix. */
export type Settings = Readonly<Record<string, string>>

/** `SERVICE_TOKEN_…` → value, for the client `orders` of this issuer. */
export function environmentOf(issuer: string, settings: Settings = {}): Record<string, string> {
  const all = { ISSUER: issuer, CLIENT_ID: 'orders', CLIENT_SECRET: secret, TIMEOUT: '5000', ...settings }
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [`SERVICE_TOKEN_${name}`, value]))
}

export interface Doctor {
  readonly run: ServiceToken
  /** The names of the findings. This also checks that no output contains the marker, and that each finding is complete. */
  found(issuer: string, settings?: Settings, args?: readonly string[]): Promise<string[]>
}

/** The built command, for the tests of this file. */
export function doctor(): Doctor {
  const run = serviceToken()
  return {
    run,
    async found(issuer, settings, args = []) {
      const environment = environmentOf(issuer, settings)
      const { exitCode, stdout, stderr } = await run(['doctor', '--json', ...args], { environment })
      expect(stdout + stderr).not.toContain('marker-')
      const { findings } = JSON.parse(stdout)
      expect(exitCode).toBe(findings.length === 0 ? 0 : 1)
      for (const { name, what, why, remedy } of findings) {
        expect({ why, remedy }).toEqual(catalogue[name as FindingName])
        expect(what).toMatch(/^[^\n]{10,}$/)
      }
      return findings.map(({ name }: { name: string }) => name)
    }
  }
}

/** A healthy server that knows the client, for one test. A concurrent test passes its own `onTestFinished`. */
export async function developmentServer(whenFinished = onTestFinished): Promise<AuthorizationServer> {
  const orders = { clientId: 'orders', clientSecret: secret, scope: ['read_user', 'write_user'], audience: ['users'] }
  const server = await startAuthorizationServer({ clients: [orders] })
  whenFinished(server.close)
  return server
}

/** Returns the path of a file in a folder for the tests of this file. */
export function folderForTests(): (name: string) => string {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doctor-'))
  })
  afterAll(() => rm(folder, { recursive: true }))
  return (name) => join(folder, name)
}
