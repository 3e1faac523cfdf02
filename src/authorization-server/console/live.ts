import type { JournalEntry } from '../overview/journal.ts'
import { type Html, html } from './html.ts'
import { clockTime } from './marks.ts'
import { type PageState, selecting } from './page-state.ts'

/** How many events the page keeps. */
const mostLines = 300
const shownAtFirst = 60

/** The events of the server, one line each, the newest first. */
export function live(entries: readonly JournalEntry[], state: PageState): Html {
  const latest = entries.slice(-shownAtFirst).reverse()
  return html`<section id="live" aria-labelledby="live-title">
<div class="bar"><h2 id="live-title">Live</h2>
<label>Show <select id="live-filter"><option value="main">tokens and changes</option><option value="refused">refused requests</option><option value="change">changes and faults</option><option value="all">everything</option></select></label>
<button type="button" id="pause" aria-pressed="false">Pause</button> <span id="waiting" class="quiet" role="status"></span></div>
<div id="log" role="log" aria-live="polite" aria-relevant="additions" aria-label="Events" tabindex="0"><ol id="lines" data-most="${mostLines}" data-show="main">${latest.map((entry) => line(entry, state))}</ol></div>
${latest.length === 0 && html`<p class="quiet" id="no-lines">There are no events yet. Request a token, and it appears here.</p>`}
</section>`
}

/** One event. A refused request says why, and links to the change that would allow it. */
export function line({ at, kind, text, request, change, withdrawnAt }: JournalEntry, state: PageState): Html {
  const refused = request?.error !== undefined
  const kindOfLine =
    kind === 'request' ? (refused ? 'refused' : isDocument(request) ? 'document' : 'request') : 'change'
  const { clientId, missing, service, granted, expiresAt, fault } = request ?? {}
  if (clientId !== undefined && service !== undefined)
    return html`<li class="request">${clockTime(at)} <b>${clientId} → ${service}</b> <span>${granted?.join(' ') || 'no scope'}</span> <span class="quiet">token${expiresAt !== undefined && html`, expires at ${clockTime(expiresAt)}`}${fault !== undefined && `, with the fault ${fault}`}</span></li>`
  if (clientId !== undefined && missing !== undefined)
    return html`<li class="refused">${clockTime(at)} <b>${clientId} → ${missing.service}</b> <span>${missing.scope.join(' ')}</span> <strong>refused:</strong> ${withdrawnAt === undefined ? request?.reason : html`withdrawn at ${clockTime(withdrawnAt)}.`} <a href="${selecting(state, { clientId, service: missing.service }, missing.scope)}">${withdrawnAt === undefined ? 'Allow it…' : 'Grant it again…'}</a></li>`
  const link =
    change?.clientId !== undefined &&
    change.service !== undefined &&
    html` <a href="${selecting(state, { clientId: change.clientId, service: change.service })}">Show</a>`
  return html`<li class="${kindOfLine}">${clockTime(at)} ${text}${link}</li>`
}

/** Metadata and keys are requested so often that they would hide the other events. */
function isDocument(request: JournalEntry['request']): boolean {
  return request?.endpoint === 'metadata' || request?.endpoint === 'jwks'
}
