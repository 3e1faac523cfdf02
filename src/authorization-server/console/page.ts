import type { JournalEntry } from '../overview/journal.ts'
import type { Overview } from '../overview/overview.ts'
import { faultsView } from './faults-view.ts'
import { graph } from './graph.ts'
import { head } from './head.ts'
import { Html, html } from './html.ts'
import { type EdgeHistory, inspector } from './inspector.ts'
import { live } from './live.ts'
import { filtered, matrix } from './matrix.ts'
import { type PageState, selecting, urlOf } from './page-state.ts'

export interface Page {
  readonly overview: Overview
  readonly state: PageState
  readonly history: EdgeHistory
  readonly entries: readonly JournalEntry[]
  readonly undo: string | undefined
  readonly canEdit: boolean
  readonly canSignOut: boolean
}

export function page(shown: Page): Html {
  const { overview, state, entries } = shown
  const content = html`${head(shown)}
<main>
${state.view === 'faults' ? faultsView(overview, state) : overviewSection(shown)}
<aside id="inspector" aria-labelledby="inspector-title">${closeLink(state)}${inspector(shown)}</aside>
${live(entries, state)}
</main>
<dialog id="dialog" aria-label="Dialog"></dialog>
<div id="toast" role="status" aria-live="polite"></div>`
  return frame('Who may call whom', content, overview.now)
}

function closeLink(state: PageState): Html | undefined {
  const { clientId, service } = state.selected
  if (clientId === undefined && service === undefined) return undefined
  return html`<a class="close" id="close" href="${selecting(state, {})}" aria-label="Clear the selection">✕</a>`
}

function overviewSection({ overview, state }: Page): Html {
  if (overview.clients.length === 0) return nobody(overview)
  const left = filtered(overview, state)
  const drawn =
    state.view === 'table'
      ? matrix(left, state)
      : html`<div class="scroll" tabindex="0" role="region" aria-label="Who may call whom, as a graph">${graph(left, {
          edge: ({ clientId, service }) => selecting(state, { clientId, service }),
          name: (name) =>
            selecting(state, left.services.some((one) => one.name === name) ? { service: name } : { clientId: name }),
          isSelected: ({ clientId, service }) =>
            state.selected.clientId === clientId && state.selected.service === service
        })}</div>`
  return html`<section id="overview" aria-label="Overview">${toolbar(overview, state)}${drawn}</section>`
}

function toolbar({ services }: Overview, state: PageState): Html {
  const hidden = Object.entries({ view: state.view, c: state.selected.clientId, s: state.selected.service })
  const exports = urlOf({ ...state, view: 'table', selected: { clientId: undefined, service: undefined } }, '').slice(1)
  const query = exports === '' ? '' : `?${exports}`
  return html`<div class="bar" id="toolbar"><form data-filter>${hidden.map(([name, value]) => value !== undefined && html`<input type="hidden" name="${name}" value="${value}">`)}
<label>Clients that may call <select name="service"><option value="">any service</option>${services.map(({ name }) => html`<option${name === state.service && html` selected`}>${name}</option>`)}</select></label>
<label>Client <input type="search" id="filter" name="client" value="${state.client ?? ''}" placeholder="part of its id" autocomplete="off"></label>
<label><input type="checkbox" name="compact" value="1"${state.compact && html` checked`}> compact</label>
<noscript><button>Filter</button></noscript></form>
<details class="menu"><summary>Export</summary><ul class="plain">
<li><a download href="/console/overview.svg${query}">Graph, SVG</a></li><li><a download href="/console/overview.mmd${query}">Graph, Mermaid</a></li>
<li><a download href="/console/overview.csv${query}">Table, CSV</a></li><li><a download href="/console/registry.json">registry.json, without secrets</a></li></ul></details></div>`
}

const firstEdge = `{
  "services": {
    "users": { "audience": "https://users.internal", "scopes": { "read_user": "Read users" } }
  },
  "clients": [
    { "clientId": "orders", "clientSecret": "only on this machine",
      "may": { "users": { "scope": ["read_user"] } } }
  ]
}`

/** The page without clients. It shows how to register the first one. */
function nobody({ services }: Overview): Html {
  return html`<section id="overview" aria-label="Overview" class="empty"><h2>There are no clients yet</h2>
<p>${services.length === 0 ? 'There are no services either.' : 'There are services, but no client may call them.'} These lines of <code>registry.json</code> register the first client:</p>
<pre tabindex="0">${firstEdge}</pre>
<p>Save them and start <code>service-token serve registry.json</code>. Whenever you save the file again, this page shows the change.</p></section>`
}

// The bundler would rewrite a closing script tag inside a tagged template, with a helper that is not in our dependencies.
const script = new Html('<script src="/console/page.js" defer></script>')

/** The whole HTML document. It loads nothing from other servers. */
export function frame(title: string, content: Html, now: number): Html {
  return html`<!doctype html>
<html lang="en" data-now="${now}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${title}</title><link rel="stylesheet" href="/console/page.css"><link rel="icon" href="/console/icon.svg">${script}</head>
<body>${content}</body></html>`
}

/** The page for a person who has not entered the admin secret yet. */
export function loginPage(): Html {
  const content = html`<main class="login"><h1>Who may call whom</h1><form data-login>
<label class="field">Admin secret <input type="password" name="secret" autocomplete="current-password" required autofocus></label>
<p class="buttons"><button type="submit" class="main">Open</button></p></form><div id="toast" role="alert"></div></main>`
  return frame('Admin secret', content, 0)
}
