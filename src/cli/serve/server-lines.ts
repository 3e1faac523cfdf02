import type { AuthorizationServer, JournalEntry } from 'service-token-client/authorization-server'
import { printable } from '../printed-words.ts'

/** The lines that a person sees when the server has started. */
export function greeting({ page, issuer, tokenEndpoint, mutualTlsTokenEndpoint }: AuthorizationServer): string {
  const rows: (readonly [string, string])[] = [
    ['Who may call whom', page],
    ['issuer', issuer],
    ['token endpoint', tokenEndpoint],
    ...(mutualTlsTokenEndpoint === undefined ? [] : [['with client certificates', mutualTlsTokenEndpoint] as const]),
    ['control over HTTP', `${page}admin/api/openapi.json`]
  ]
  return `${rows.map(([name, value]) => `${name.padEnd(26)}${printable(value)}`).join('\n')}\n`
}

export function entryLine({ at, text }: JournalEntry): string {
  const time = new Date(at).toTimeString().slice(0, 8)
  return `${time}  ${text.split('\n').map(printable).join('\n          ')}`
}
