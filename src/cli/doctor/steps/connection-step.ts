import { connect } from 'node:net'
import { span } from '../../printed-words.ts'
import { type FindingName, finding } from '../finding.ts'
import type { Outcome } from '../step.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** Milliseconds to wait for a connection. */
const patience = 5000

const meanings: Readonly<Record<string, FindingName>> = {
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'connection-broken',
  ETIMEDOUT: 'connection-timeout',
  EHOSTUNREACH: 'host-unreachable',
  ENETUNREACH: 'host-unreachable',
  EADDRNOTAVAIL: 'host-unreachable'
}

/** Opens a TCP connection and closes it. `idleProxy` is the name of a variable whose proxy is not used. */
export async function tryConnection({ host, port }: Address, idleProxy: string | undefined): Promise<Outcome> {
  const code = await connectionFailure({ host, port })
  if (code === undefined) return { summary: `port ${port} is open`, fact: true }
  const name = meanings[code] ?? 'host-unreachable'
  const findings = [finding(name, `No connection to ${host} port ${port} (${code}).`)]
  if (idleProxy !== undefined) findings.push(finding('proxy-not-used', `${idleProxy} is set, but it is not used.`))
  return { summary: `port ${port}`, findings }
}

/** The code of the error; undefined if the connection was opened. */
function connectionFailure(address: Address): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address)
    const end = (code?: string) => {
      socket.destroy()
      resolve(code)
    }
    socket.setTimeout(patience, () => end('ETIMEDOUT'))
    socket.once('connect', () => end())
    // If the host has several addresses, each failed attempt has its own error.
    socket.once('error', (error: NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] }) =>
      end(error.code ?? error.errors?.[0]?.code ?? `no answer within ${span(patience)}`)
    )
  })
}
