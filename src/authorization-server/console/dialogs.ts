import type { JWTPayload } from 'jose'
import type { Preview, TokenPreview } from '../admin/preview.ts'
import type { Trial } from '../admin/try-token.ts'
import type { EdgeView, Overview } from '../overview/overview.ts'
import { type Html, html } from './html.ts'
import { clockTime, plural } from './marks.ts'

const cancel = html`<button type="button" data-close>Cancel</button>`

/** A change, with its consequence before it happens. */
export interface SaveDialog {
  readonly clientId: string
  readonly service: string
  readonly preview: Preview
  /** The call that makes the change. */
  readonly call: string
  readonly body: object
}

export function saveDialog({ clientId, service, preview, call, body }: SaveDialog): Html {
  const lines = differences(preview.today, preview.next)
  const changes = lines.filter(({ today, next }) => today !== next).length
  return html`<h2>What the next token of ${clientId} for ${service} says</h2>
<table class="diff"><thead><tr><th scope="col">claim</th><th scope="col">today</th><th scope="col">from now on</th></tr></thead>
<tbody>${lines.map(({ name, today, next }) => html`<tr class="${today !== next && 'differs'}"><th scope="row">${today !== next && html`<span aria-hidden="true">≠ </span><span class="hidden">differs: </span>`}${name}</th><td>${today ?? '—'}</td><td>${next ?? '—'}</td></tr>`)}</tbody></table>
${changes === 0 && html`<p>Nothing in it changes.</p>`}
${preview.tokensOut > 0 && html`<p>${plural(preview.tokensOut, 'token that is out stays', 'tokens that are out stay')} as before until ${preview.tokensOut === 1 ? 'it ends' : 'they end'}.</p>`}
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

/** What a withdrawal does and does not do, and what else can be done, each with its price. */
export function withdrawDialog(edge: EdgeView, { edges }: Overview): Html {
  const { clientId, service, tokensOut, lastEndsAt } = edge
  const all = edges.reduce((sum, one) => sum + one.tokensOut, 0)
  const call = `POST /clients/${encodeURIComponent(clientId)}/grants/${encodeURIComponent(service)}/withdraw`
  const counts =
    lastEndsAt === undefined
      ? html`No token of it is out.`
      : html`${plural(tokensOut, 'token counts', 'tokens count')} until ${clockTime(lastEndsAt)} at services that verify by themselves.`
  return html`<h2>Withdraw ${clientId} → ${service}</h2>
<p><strong>${counts} No new ones from now on.</strong></p>
<form data-call="${call}"><fieldset><legend>The tokens that are out</legend>
${choice('{}', true, 'leave them until they end', 'Nothing else happens.')}
${choice('{"revoke":true}', false, 'revoke them at introspection', 'Services that ask this server about tokens refuse them at once. Services that verify by themselves do not notice.')}
${choice('{"rotateKeys":true}', false, 'rotate the signing key without overlap', `The tokens of all clients, ${all} now, end as soon as services fetch the keys again. Each client fetches another one.`)}
</fieldset><p class="buttons"><button type="submit" class="danger" autofocus>Withdraw</button> ${cancel}</p></form>`
}

function choice(value: string, checked: boolean, title: string, price: string): Html {
  return html`<label class="box"><input type="radio" name="how" data-type="merge" value="${value}"${checked && html` checked`}> <span>${title} <span class="about">${price}</span></span></label>`
}

export function rotateDialog({ edges }: Overview): Html {
  const all = edges.reduce((sum, { tokensOut }) => sum + tokensOut, 0)
  return html`<h2>Sign with a new key</h2>
<form data-call="POST /keys"><fieldset><legend>The key before it</legend>
${choice('{}', true, 'stays published as long as tokens live', 'No service notices.')}
${choice('{"overlap":0}', false, 'goes at once', `The ${all} tokens that are out end as soon as services fetch the keys again.`)}
</fieldset><p class="buttons"><button type="submit" class="main" autofocus>Rotate</button> ${cancel}</p></form>`
}

/** The claims that a client would get, how each service decides, and the request as a line for a shell. */
export function tryDialog(clientId: string, service: string, trial: Trial): Html {
  const result =
    'refused' in trial
      ? html`<p class="refusal"><strong>${trial.refused.error}:</strong> ${trial.refused.reason}</p>`
      : html`${claimsList(trial.claims)}<h3>How the services decide</h3><ul class="plain">${trial.verdicts.map((one) => html`<li>${one.accepted ? html`<span class="tick">✓</span>` : html`<span class="mark withdrawn">✕</span>`} <b>${one.service}</b> ${one.accepted ? 'accepts it' : `refuses it: ${one.reason ?? ''}`}</li>`)}</ul>`
  return html`<h2>A token of ${clientId} for ${service}</h2>${result}
<h3>Ask for it yourself</h3><p class="quiet">The secret is read from a variable.</p><pre tabindex="0">${trial.curl}</pre>
<p class="buttons"><button type="button" data-close autofocus>Close</button></p>`
}

function claimsList(claims: JWTPayload): Html {
  return html`<dl class="claims">${Object.entries(claims).map(([name, value]) => html`<dt>${name}</dt><dd>${claimText(value)}${typeof value === 'number' && ['exp', 'iat', 'nbf'].includes(name) && html` <span class="quiet">(${clockTime(value * 1000)})</span>`}</dd>`)}</dl>`
}

const shortcuts: readonly (readonly [string, string])[] = [
  ['?', 'this sheet'],
  ['/', 'filter by client'],
  ['1 2 3', 'table, graph, break it'],
  ['← ↑ → ↓', 'from cell to cell'],
  ['Enter', 'look into a cell'],
  ['u', 'undo the last change'],
  ['p', 'pause the live lines, and go on'],
  ['Esc', 'close a dialog, or what is selected']
]

export function keysDialog(): Html {
  return html`<h2>Shortcuts</h2><dl class="claims">${shortcuts.map(([key, what]) => html`<dt><kbd>${key}</kbd></dt><dd>${what}</dd>`)}</dl>
<p class="buttons"><button type="button" data-close autofocus>Close</button></p>`
}
