import type { ClientView, EdgeView, Overview } from '../overview/overview.ts'
import { type Html, html } from './html.ts'
import { clockTime, mark, plural, span } from './marks.ts'
import { type PageState, selecting } from './page-state.ts'

/** A client: which services it may call, and whether it gets tokens. */
export function inspectClient(client: ClientView, { edges, services }: Overview, state: PageState): Html {
  const { clientId, enabled, registered, accessTokenLifetime } = client
  const own = edges.filter((edge) => edge.clientId === clientId)
  const out = own.reduce((sum, { tokensOut }) => sum + tokensOut, 0)
  const last = Math.max(0, ...own.map(({ lastTokenAt = 0 }) => lastTokenAt))
  const others = services.filter(({ name }) => !own.some(({ service }) => service === name)).slice(0, 50)
  return html`<h2 id="inspector-title">${clientId}</h2>
<p class="status">${statusOf(registered, enabled)} ${plural(out, 'valid token')}. ${last > 0 ? html`The last one was issued at ${clockTime(last)}.` : html`It has not asked for a token yet.`} Its tokens live for ${span(accessTokenLifetime)}.</p>
<h3>May call</h3>
<ul class="plain">${own.map((edge) => html`<li><a href="${selecting(state, { clientId, service: edge.service })}">${edge.service}</a> ${mark(edge.state)} ${scopeWords(edge)}</li>`)}${own.length === 0 && html`<li class="quiet">No service.</li>`}</ul>
${others.length > 0 && html`<details><summary>Allow it to call another service</summary><ul class="plain">${others.map(({ name }) => html`<li><a href="${selecting(state, { clientId, service: name })}">${name}</a></li>`)}</ul></details>`}
${registered && enableButton(clientId, enabled)}`
}

function statusOf(registered: boolean, enabled: boolean): Html {
  if (!registered) return html`<strong>This client was removed.</strong>`
  return enabled ? html`Enabled.` : html`<strong>This client is disabled and gets no tokens.</strong>`
}

function enableButton(clientId: string, enabled: boolean): Html {
  const call = `PATCH /clients/${encodeURIComponent(clientId)}`
  const body = JSON.stringify({ enabled: !enabled })
  return html`<p class="buttons"><button type="button" data-call="${call}" data-body="${body}">${enabled ? 'Disable' : 'Enable'}</button></p>`
}

export function scopeWords({ scope, roles }: EdgeView): Html {
  const words = [...scope.map(({ name }) => name), ...roles.map(({ name }) => `role ${name}`)]
  return html`<span class="about">${words.join(', ') || 'no scope'}</span>`
}
