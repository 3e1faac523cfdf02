import type { ActiveFault } from '../faults/switched-faults.ts'
import type { Overview } from '../overview/overview.ts'
import { type Html, html } from './html.ts'
import { clockTime, plural, span } from './marks.ts'
import { type PageState, urlOf } from './page-state.ts'

export interface HeadOptions {
  readonly overview: Overview
  readonly state: PageState
  /** The last change as a sentence; undefined if it cannot be undone. */
  readonly undo: string | undefined
  readonly canSignOut: boolean
}

/** The head of the page: the issuer, the signing key, and the faults that are on. */
export function head({ overview, state, undo, canSignOut }: HeadOptions): Html {
  const { issuer, key, now } = overview
  const age = now - key.createdAt
  return html`<header id="head" class="top">
<h1>Who may call whom</h1>
<p class="facts"><span>issuer <code>${issuer}</code></span> <span>${key.algorithm} key ${key.kid !== undefined && html`<code>${key.kid.slice(0, 8)}</code>`}, ${age < 60_000 ? 'new' : `${span(age)} old`}</span></p>
<nav aria-label="Views">${tab('Table', 'table', state)}${tab('Graph', 'graph', state)}${tab('Faults', 'faults', state)}</nav>
<p class="buttons">${undo !== undefined && html`<button type="button" id="undo" data-call="POST /undo" title="${undo}">Undo</button>`}
${key.kid !== undefined && html`<button type="button" data-dialog="/console/rotate">Rotate key…</button>`}
<button type="button" data-dialog="/console/keys" id="keys">Shortcuts <kbd>?</kbd></button>
${canSignOut && html`<button type="button" data-call="DELETE /session" data-go="/">Sign out</button>`}</p>
</header>
${band(overview)}`
}

function tab(title: string, view: PageState['view'], state: PageState): Html {
  return html`<a href="${urlOf({ ...state, view, way: undefined })}"${state.view === view ? html` aria-current="page"` : undefined}>${title}</a> `
}

/** Shows the active faults on every view, so that nobody searches for a fault that was switched on on purpose. */
export function band({ faults }: Overview): Html {
  return html`<div id="band" role="status">${
    faults.length > 0 &&
    html`<div class="band"><strong>${plural(faults.length, 'fault is', 'faults are')} on</strong>
<ul>${faults.map((fault) => html`<li>${faultWords(fault)} <button type="button" data-call="DELETE /faults/${fault.id}">Clear</button></li>`)}</ul>
${faults.length > 1 && html`<button type="button" data-call="DELETE /faults">Clear all</button>`}</div>`
  }</div>`
}

function faultWords({ fault, values, at, requests, probability, seed, since, acted }: ActiveFault): Html {
  const what = Object.entries(values).map(
    ([name, value]) => ` ${name} ${typeof value === 'string' ? value.slice(0, 60) : JSON.stringify(value)}`
  )
  const reach =
    requests === undefined ? 'until it is cleared' : `for ${plural(requests, 'more request', 'more requests')}`
  const part = probability === undefined ? '' : `, on ${Math.round(probability * 100)} % of them, seed ${seed}`
  return html`<b>${fault}</b>${what.join(',')} ${at === undefined ? 'everywhere' : `at the ${at} endpoint`}, ${reach}${part}, since ${clockTime(since)}${at !== undefined && html`, used ${plural(acted, 'time')}`}`
}
