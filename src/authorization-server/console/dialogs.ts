import type { JWTPayload } from 'jose'
import type { Preview, TokenPreview } from '../admin/preview.ts'
import type { Trial } from '../admin/try-token.ts'
import type { EdgeView, Overview } from '../overview/overview.ts'
import { type Html, html } from './html.ts'
import { clockTime, plural } from './marks.ts'

const cancel = html`<button type="button" data-close>Cancel</button>`

/** Shows what a change would do before it is saved. */
export interface SaveDialog {
  readonly clientId: string
  readonly service: string
  readonly preview: Preview
  /** The method and path of the request that makes the change. */
  readonly call: string
  readonly body: object
}

export function saveDialog({ clientId, service, preview, call, body }: SaveDialog): Html {
  const lines = differences(preview.today, preview.next)
  const changes = lines.filter(({ today, next }) => today !== next).length
  return html`<h2>The next token of ${clientId} for ${service}</h2>
<table class="diff"><thead><tr><th scope="col">claim</th><th scope="col">now</th><th scope="col">after saving</th></tr></thead>
<tbody>${lines.map(({ name, today, next }) => html`<tr class="${today !== next && 'differs'}"><th scope="row">${today !== next && html`<span aria-hidden="true">≠ </span><span class="hidden">differs: </span>`}${name}</th><td>${today ?? '—'}</td><td>${next ?? '—'}</td></tr>`)}</tbody></table>
${changes === 0 && html`<p>The claims do not change.</p>`}
${preview.tokensOut > 0 && html`<p>${plural(preview.tokensOut, 'issued token does not change and stays valid until it expires.', 'issued tokens do not change and stay valid until they expire.')}</p>`}
<p class="buttons"><button type="button" class="main" data-call="${call}" data-body="${JSON.stringify(body)}" autofocus>Save</button> ${cancel}</p>`
}

interface ClaimLine {
  readonly name: string
  readonly today: string | undefined
  readonly next: string | undefined
}

function differences(today: TokenPreview, next: TokenPreview): readonly ClaimLine[] {
  const [before, after] = [linesOf(today), linesOf(next)]
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return names.map((name) => ({ name, today: before[name], next: after[name] }))
}

function linesOf(preview: TokenPreview): Readonly<Record<string, string>> {
  if ('refused' in preview) return { 'no token': preview.refused.reason }
  return Object.fromEntries(Object.entries(preview.claims).map(([name, value]) => [name, claimText(value)]))
}

function claimText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Shows what a withdrawal does and does not do, and what else can be done at what cost. */
export function withdrawDialog(edge: EdgeView, { edges }: Overview): Html {
  const { clientId, service, tokensOut, lastEndsAt } = edge
  const all = edges.reduce((sum, one) => sum + one.tokensOut, 0)
  const call = `POST /clients/${encodeURIComponent(clientId)}/grants/${encodeURIComponent(service)}/withdraw`
  const counts =
    lastEndsAt === undefined
      ? html`There are no valid tokens.`
      : html`Services that verify tokens themselves still accept ${plural(tokensOut, 'token')} until ${clockTime(lastEndsAt)}.`
  return html`<h2>Withdraw ${clientId} → ${service}</h2>
<p><strong>${clientId} gets no new tokens for ${service}. ${counts}</strong></p>
<form data-call="${call}"><fieldset><legend>Tokens that were issued before</legend>
${choice('{}', true, 'Leave them valid until they expire', 'Nothing else happens.')}
${choice('{"revoke":true}', false, 'Revoke them', 'Services that use introspection refuse them at once. Services that verify tokens themselves do not notice.')}
${choice('{"rotateKeys":true}', false, 'Replace the signing key and remove the old one', `All ${all} valid tokens, of all clients, are refused as soon as services fetch the keys again. Each client needs a new token.`)}
</fieldset><p class="buttons"><button type="submit" class="danger" autofocus>Withdraw</button> ${cancel}</p></form>`
}

function choice(value: string, checked: boolean, title: string, cost: string): Html {
  return html`<label class="box"><input type="radio" name="how" data-type="merge" value="${value}"${checked && html` checked`}> <span>${title} <span class="about">${cost}</span></span></label>`
}

export function rotateDialog({ edges }: Overview): Html {
  const all = edges.reduce((sum, { tokensOut }) => sum + tokensOut, 0)
  return html`<h2>Rotate the signing key</h2>
<form data-call="POST /keys"><fieldset><legend>The previous key</legend>
${choice('{}', true, 'Keep it published as long as its tokens live', 'Services notice nothing.')}
${choice('{"overlap":0}', false, 'Remove it at once', `All ${all} valid tokens are refused as soon as services fetch the keys again.`)}
</fieldset><p class="buttons"><button type="submit" class="main" autofocus>Rotate</button> ${cancel}</p></form>`
}

/** Shows the claims that a client would get, the decision of each service, and the request as a curl command. */
export function tryDialog(clientId: string, service: string, trial: Trial): Html {
  const result =
    'refused' in trial
      ? html`<p class="refusal"><strong>${trial.refused.error}:</strong> ${trial.refused.reason}</p>`
      : html`${claimsList(trial.claims)}<h3>How the services decide</h3><ul class="plain">${trial.verdicts.map((one) => html`<li>${one.accepted ? html`<span class="tick">✓</span>` : html`<span class="mark withdrawn">✕</span>`} <b>${one.service}</b> ${one.accepted ? 'accepts it' : `refuses it: ${one.reason ?? ''}`}</li>`)}</ul>`
  return html`<h2>A token of ${clientId} for ${service}</h2>${result}
<h3>Request it yourself</h3><p class="quiet">This command reads the client secret from an environment variable.</p><pre tabindex="0">${trial.curl}</pre>
<p class="buttons"><button type="button" data-close autofocus>Close</button></p>`
}

function claimsList(claims: JWTPayload): Html {
  return html`<dl class="claims">${Object.entries(claims).map(([name, value]) => html`<dt>${name}</dt><dd>${claimText(value)}${typeof value === 'number' && ['exp', 'iat', 'nbf'].includes(name) && html` <span class="quiet">(${clockTime(value * 1000)})</span>`}</dd>`)}</dl>`
}

const shortcuts: readonly (readonly [string, string])[] = [
  ['?', 'Show these shortcuts'],
  ['/', 'Filter by client'],
  ['1 2 3', 'Show the table, the graph, or the faults'],
  ['← ↑ → ↓', 'Move from cell to cell'],
  ['Enter', 'Open the cell'],
  ['u', 'Undo the last change'],
  ['p', 'Pause or resume the live events'],
  ['Esc', 'Close the dialog, or clear the selection']
]

export function keysDialog(): Html {
  return html`<h2>Keyboard shortcuts</h2><dl class="claims">${shortcuts.map(([key, what]) => html`<dt><kbd>${key}</kbd></dt><dd>${what}</dd>`)}</dl>
<p class="buttons"><button type="button" data-close autofocus>Close</button></p>`
}
