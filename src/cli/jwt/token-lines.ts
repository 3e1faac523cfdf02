import { columns } from '../layout.ts'
import { moment, printable } from '../printed-words.ts'
import type { Claims } from './jwt-part.ts'
import type { ClaimedTime, TokenReport } from './token-report.ts'

const width = 120
const shownElsewhere = ['iat', 'nbf', 'exp', 'auth_time', 'scope', 'scp']

/** The report as text for a person. */
export function tokenLines({ header, claims, times, scopes, roles, size }: TokenReport, now: number): string {
  const rest = Object.fromEntries(Object.entries(claims).filter(([name]) => !shownElsewhere.includes(name)))
  return [
    section('Header', members(header)),
    section('Claims', members(rest)),
    section(
      'Times',
      times.map((time) => timeRow(time, now))
    ),
    section('Scopes', scopes.length === 0 ? [['none', '']] : scopes.map((scope) => [printable(scope), ''])),
    ...roles.map((found) =>
      section(
        `Roles in ${printable(found.claim)}`,
        found.roles.map((role) => [printable(role), ''])
      )
    ),
    section('Size', sizeRows(size))
  ].join('\n\n')
}

function section(title: string, rows: readonly (readonly [string, string])[]): string {
  return rows.length === 0 ? `${title}\n  none` : `${title}\n${columns(rows, width)}`.replace(/ +$/gm, '')
}

function members(object: Claims): (readonly [string, string])[] {
  return Object.entries(object).map(([name, value]) => [printable(name), printable(value)] as const)
}

function timeRow({ claim, about, at }: ClaimedTime, now: number): readonly [string, string] {
  return [`${about} (${claim})`, at === undefined ? 'is not a number of seconds' : moment(at, now)]
}

function sizeRows({ bytes, headerBytes, tooLargeFor }: TokenReport['size']): (readonly [string, string])[] {
  const fits =
    tooLargeFor.length === 0
      ? 'within the default limits of servers and proxies, the smallest of which is 8 KiB'
      : 'too large for:'
  return [
    ['token', `${bytes} bytes`],
    ['header line', `${headerBytes} bytes, ${fits}`],
    ...tooLargeFor.map((who) => ['', who] as const)
  ]
}
