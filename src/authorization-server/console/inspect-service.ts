import type { Described, EdgeView, Overview, ServiceView } from '../overview/overview.ts'
import { type Html, html } from './html.ts'
import { scopeWords } from './inspect-client.ts'
import { mark } from './marks.ts'
import { type PageState, selecting, urlOf } from './page-state.ts'

/** A service: the scopes and roles that it declares, and the clients that have them. */
export function inspectService(
  { name, audience, scopes, roles }: ServiceView,
  { edges }: Overview,
  state: PageState
): Html {
  const callers = edges.filter(({ service }) => service === name)
  return html`<h2 id="inspector-title">${name}</h2>
<p class="status">Tokens for it have the audience ${audience === undefined ? 'that the client asks for' : html`<code>${audience}</code>`}. <a href="${urlOf({ ...state, service: name })}">Show only its callers</a></p>
<h3>May be called by</h3>
<ul class="plain">${callers.map((edge) => html`<li><a href="${selecting(state, { clientId: edge.clientId, service: name })}">${edge.clientId}</a> ${mark(edge.state)} ${scopeWords(edge)}</li>`)}${callers.length === 0 && html`<li class="quiet">No client.</li>`}</ul>
${declared('Scopes', scopes, callers, ({ scope }) => scope)}
${declared('Roles', roles, callers, ({ roles: held }) => held)}`
}

function declared(
  title: string,
  names: readonly Described[],
  callers: readonly EdgeView[],
  rights: (edge: EdgeView) => EdgeView['scope']
): Html | undefined {
  if (names.length === 0) return undefined
  const holders = (name: string) =>
    callers
      .filter((edge) => rights(edge).some((right) => right.granted && right.name === name))
      .map(({ clientId }) => clientId)
  return html`<h3>${title}</h3><dl>${names.map(({ name, about }) => html`<dt><code>${name}</code></dt><dd>${about} <small>${holders(name).join(', ') || 'no client has it'}</small></dd>`)}</dl>`
}
