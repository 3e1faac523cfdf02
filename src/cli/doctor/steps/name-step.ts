import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { finding } from '../finding.ts'
import type { Outcome } from '../step.ts'

/** Looks up the host in the same way as a connection does. */
export async function lookUpName(host: string): Promise<Outcome> {
  if (isIP(host) !== 0) return { summary: `${host} is an address`, fact: true }
  try {
    const addresses = await lookup(host, { all: true })
    return { summary: `${host} is ${addresses.map(({ address }) => address).join(', ')}`, fact: true }
  } catch (error) {
    const { code = 'no code' } = error as NodeJS.ErrnoException
    const unknown = code === 'ENOTFOUND'
    const what = unknown ? `No name server knows ${host}.` : `No name server answered for ${host} (${code}).`
    return { summary: host, findings: [finding(unknown ? 'name-unknown' : 'dns-silent', what)] }
  }
}
