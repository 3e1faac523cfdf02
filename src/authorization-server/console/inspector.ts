import type { EdgeView, Overview, RightView, ServiceView } from '../overview/overview.ts'
import { type Html, html } from './html.ts'
import { inspectClient } from './inspect-client.ts'
import { inspectService } from './inspect-service.ts'
import { clockTime, countdown, mark, plural, stateOfRight } from './marks.ts'
import { type PageState, selecting } from './page-state.ts'

/** What the journal says about the selected client and service. */
export interface EdgeHistory {
  /** When it was last changed, in epoch ms. */
  readonly changedAt: number | undefined
  /** Why a request was last refused. */
  readonly lastRefusal: string | undefined
}

export interface Inspected {
  readonly overview: Overview
  readonly state: PageState
  readonly history: EdgeHistory
  /** Whether grants can be changed. A registry in the short form, without services, has none. */
  readonly canEdit: boolean
}

export function inspector(inspected: Inspected): Html {
  const { overview, state } = inspected
  const { clientId, service } = state.selected
  const client = overview.clients.find((one) => one.clientId === clientId)
  const named = overview.services.find(({ name }) => name === service)
  if (client !== undefined && named !== undefined) return inspectEdge(inspected, client.clientId, named)
  if (client !== undefined) return inspectClient(client, overview, state)
  if (named !== undefined) return inspectService(named, overview, state)
  if (clientId !== undefined || service !== undefined)
    return html`<h2 id="inspector-title">Nothing to show</h2><p>The selected client or service no longer exists. <a href="${selecting(state, {})}">Close</a></p>`
  return html`<h2 id="inspector-title">Nothing selected</h2>
<p class="quiet">Select a cell to see and change what a client may do at a service. Select the name of a client or a service to see all of its grants. Press <kbd>?</kbd> for keyboard shortcuts.</p>`
}

function inspectEdge({ overview, state, history, canEdit }: Inspected, clientId: string, service: ServiceView): Html {
  const edge = overview.edges.find((one) => one.clientId === clientId && one.service === service.name)
  const client = overview.clients.find((one) => one.clientId === clientId)
  const path = `/clients/${encodeURIComponent(clientId)}/grants/${encodeURIComponent(service.name)}`
  const isGranted = edge !== undefined && edge.withdrawnAt === undefined
  const query = new URLSearchParams({ c: clientId, s: service.name })
  const lifetime = (client?.accessTokenLifetime ?? 0) / 1000
  return html`<h2 id="inspector-title"><a href="${selecting(state, { clientId })}">${clientId}</a> → <a href="${selecting(state, { service: service.name })}">${service.name}</a></h2>
${edgeStatus(edge, overview.now)}${savedLine(edge, history)}
<form data-dialog="/console/save?${query.toString()}" data-path="${path}">
<fieldset><legend>Scopes</legend>${service.scopes.map((one) => box('scope', one, rightOf(edge?.scope, one.name), edge, state.propose))}${service.scopes.length === 0 && html`<p class="quiet">${service.name} declares no scopes.</p>`}</fieldset>
${service.roles.length > 0 && html`<fieldset><legend>Roles</legend>${service.roles.map((one) => box('roles', one, rightOf(edge?.roles, one.name), edge, []))}</fieldset>`}
<label class="field">Tokens of ${clientId} live <input type="number" name="life" min="1" step="any" value="${lifetime}"> s</label>
<p class="buttons">${canEdit && html`<button type="submit" class="main">Save…</button>`}
${canEdit && isGranted && html`<button type="button" data-dialog="/console/withdraw?${query.toString()}">Withdraw…</button>`}
<button type="button" data-dialog="/console/try?${query.toString()}">Try a token</button></p>
${!canEdit && html`<p class="quiet">You cannot change grants here, because this registry has the short form, without services.</p>`}
</form>
${history.lastRefusal !== undefined && html`<p class="refusal"><strong>Last refused:</strong> ${history.lastRefusal}</p>`}`
}

function rightOf(rights: readonly RightView[] | undefined, name: string): RightView | undefined {
  return rights?.find((right) => right.name === name)
}

function box(
  field: 'scope' | 'roles',
  { name, about }: { readonly name: string; readonly about: string },
  right: RightView | undefined,
  edge: EdgeView | undefined,
  propose: readonly string[]
): Html {
  const isProposed = propose.includes(name) && right?.granted !== true
  const checked = (right?.granted === true || isProposed) && html` checked`
  const used =
    field === 'scope' &&
    right?.granted === true &&
    (right.lastUsedAt === undefined ? html`never used` : html`last used at ${clockTime(right.lastUsedAt)}`)
  const gone = right?.withdrawnAt !== undefined && !right.granted && html`withdrawn at ${clockTime(right.withdrawnAt)}`
  const known = edge !== undefined && right !== undefined && mark(stateOfRight(right, edge.state))
  return html`<label class="box${isProposed && ' proposed'}"><input type="checkbox" name="${field}" value="${name}"${checked}> <span><code>${name}</code> ${known} <small>${used || gone || (isProposed && html`requested`)}</small><span class="about">${about}</span></span></label>`
}

function edgeStatus(edge: EdgeView | undefined, now: number): Html {
  if (edge === undefined) return html`<p class="status">Not allowed. Select what the client may do, and save.</p>`
  const { tokensOut, activeTokens, lastEndsAt, withdrawnAt, lastTokenAt } = edge
  const state =
    withdrawnAt === undefined
      ? lastTokenAt === undefined
        ? html`Allowed, but never used.`
        : html`Allowed. The last token was issued at ${clockTime(lastTokenAt)}.`
      : html`<strong>Withdrawn</strong> at ${clockTime(withdrawnAt)}.`
  const revoked =
    tokensOut > activeTokens &&
    html` ${plural(tokensOut - activeTokens, 'of them is', 'of them are')} revoked, but services that verify tokens themselves still accept ${tokensOut - activeTokens === 1 ? 'it' : 'them'}.`
  const out =
    lastEndsAt === undefined
      ? withdrawnAt !== undefined && html` <span class="tick">✓</span> None of its tokens is valid any more.`
      : html` ${plural(tokensOut, 'valid token')}; the last one expires at ${clockTime(lastEndsAt)}, in ${countdown(lastEndsAt, now)}.${revoked}`
  return html`<p class="status">${state}${out}</p>`
}

/** Says after a change whether the client has got a token since. */
function savedLine(edge: EdgeView | undefined, { changedAt }: EdgeHistory): Html | undefined {
  if (changedAt === undefined || edge === undefined || edge.withdrawnAt !== undefined) return undefined
  const { lastTokenAt = 0, clientId } = edge
  return lastTokenAt >= changedAt
    ? html`<p class="saved"><span class="tick">✓</span> Changed at ${clockTime(changedAt)}. ${clientId} got a token with this change at ${clockTime(lastTokenAt)}.</p>`
    : html`<p class="saved"><span aria-hidden="true">◌</span> Changed at ${clockTime(changedAt)}. ${clientId} has not got a token since.</p>`
}
