import type { EdgeState, RightView } from '../overview/overview.ts'
import { type Html, html } from './html.ts'

/** How each state is shown. It has a sign and a word, because not everybody sees the colours. */
export const marks: Readonly<Record<EdgeState, { readonly sign: string; readonly word: string }>> = {
  used: { sign: '●', word: 'used' },
  unused: { sign: '○', word: 'never used' },
  expiring: { sign: '◔', word: 'withdrawn, tokens still valid' },
  withdrawn: { sign: '✕', word: 'withdrawn' }
}

/** The state of one scope or role. `edge` is the state of all rights of this client at this service. */
export function stateOfRight({ granted, lastUsedAt }: RightView, edge: EdgeState): EdgeState {
  if (!granted) return edge === 'expiring' ? 'expiring' : 'withdrawn'
  return lastUsedAt === undefined ? 'unused' : 'used'
}

export function mark(state: EdgeState): Html {
  const { sign, word } = marks[state]
  return html`<span class="mark ${state}" aria-hidden="true">${sign}</span><span class="hidden"> (${word})</span>`
}

/** A time of day. The script rewrites it in the reader's own time zone. */
export function clockTime(at: number): Html {
  const iso = new Date(at).toISOString()
  return html`<time datetime="${iso}" data-time="${at}">${iso.slice(11, 19)}</time>`
}

/** The time that is left until `until`. The script counts it down. */
export function countdown(until: number, now: number): Html {
  return html`<span class="countdown" data-until="${until}">${span(until - now)}</span>`
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000]
] as const

/** A time span in its two largest units: `11 h 58 min`. */
export function span(ms: number): string {
  let rest = Math.max(0, Math.round(ms / 1000) * 1000)
  const parts: string[] = []
  for (const [name, length] of units) {
    const count = Math.floor(rest / length)
    rest -= count * length
    if (count > 0) parts.push(`${count} ${name}`)
  }
  return parts.slice(0, 2).join(' ') || '0 s'
}

export function plural(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`
}
