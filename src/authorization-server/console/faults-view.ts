import type { FaultKind, FaultParameter } from '../faults/fault-kinds.ts'
import { faultKinds } from '../faults/fault-kinds.ts'
import type { ActiveFault } from '../faults/switched-faults.ts'
import { type WayToBreak, waysToBreak } from '../faults/ways-to-break.ts'
import { endpointNames } from '../http/request-log.ts'
import type { Overview } from '../overview/overview.ts'
import { type Html, html } from './html.ts'
import { type PageState, urlOf } from './page-state.ts'

/** A list of faults to try one after the other, and a form for every kind of fault. */
export function faultsView({ faults }: Overview, state: PageState): Html {
  const { way } = state
  return html`<section id="overview" aria-labelledby="faults-title" class="faults">
<h2 id="faults-title">${waysToBreak.length} faults to try</h2>
<p>Start your service and work through this list. Each step switches one fault on and says what a good service does. The next step clears the fault.</p>
${way === undefined ? html`<p class="buttons"><a class="button main" href="${urlOf({ ...state, way: 1 })}">Start with the first one</a></p>` : step(way, faults, state)}
<ol class="ways">${waysToBreak.map((one, index) => wayLine(one, index + 1, faults, state))}</ol>
<h2>All faults</h2>
<div class="switches">${Object.entries(faultKinds).map(([name, kind]) => switchForm(name, kind))}</div>
</section>`
}

function step(way: number, faults: readonly ActiveFault[], state: PageState): Html {
  const chosen = waysToBreak[way - 1]
  if (chosen === undefined)
    return html`<div class="step"><p><strong>You have tried all of them.</strong></p><p class="buttons"><button type="button" data-call="DELETE /faults" data-go="${urlOf({ ...state, way: undefined })}">Clear all faults</button></p></div>`
  const isOn = isActive(chosen, faults)
  const next = urlOf({ ...state, way: way + 1 })
  return html`<div class="step" id="step"><p class="quiet">${way} of ${waysToBreak.length}</p><h3>${chosen.title}</h3><p>${chosen.expect}</p>
<p class="buttons">${isOn ? html`<span class="on">● The fault is on. Look at your service.</span>` : html`<button type="button" class="main" data-call="POST /faults" data-body="${bodyOf(chosen)}">Switch it on</button>`}
<button type="button" data-call="DELETE /faults" data-go="${next}">${isOn ? 'Clear it and continue' : 'Next'}</button></p></div>`
}

function wayLine(way: WayToBreak, number: number, faults: readonly ActiveFault[], state: PageState): Html {
  const isOn = isActive(way, faults)
  return html`<li id="way-${number}"${state.way === number ? html` aria-current="step"` : undefined}><a href="${urlOf({ ...state, way: number })}">${way.title}</a>${isOn && html` <span class="on">● on</span>`} <span class="about">${way.expect}</span></li>`
}

function isActive({ fault, values, reach }: WayToBreak, faults: readonly ActiveFault[]): boolean {
  const at = faultKinds[fault].put === undefined ? (reach.at ?? 'token') : undefined
  return faults.some(
    (one) => one.fault === fault && one.at === at && JSON.stringify(one.values) === JSON.stringify(values)
  )
}

function bodyOf({ fault, values, reach }: WayToBreak): string {
  return JSON.stringify({ fault, ...values, ...reach })
}

function switchForm(name: string, { about, parameters, put }: FaultKind): Html {
  return html`<details><summary><code>${name}</code> <span class="about">${about}</span></summary>
<form data-call="POST /faults"><input type="hidden" name="fault" value="${name}">
${parameters.map((parameter) => field(name, parameter))}
${put === undefined && reachFields}
<p class="buttons"><button type="submit">Switch on</button></p></form></details>`
}

const wide: readonly FaultParameter['kind'][] = ['object', 'list', 'any']
function field(fault: string, { name, kind, about, required }: FaultParameter): Html {
  const type = kind !== 'number' && kind !== 'text' && 'loose'
  const common = html`name="${name}"${type && html` data-type="${type}"`}${required && html` required`}`
  const input = wide.includes(kind)
    ? html`<textarea rows="2" ${common} placeholder="${kind === 'any' ? 'text or JSON' : 'JSON'}"></textarea>`
    : html`<input type="${kind === 'number' ? 'number' : 'text'}" step="any" ${common}>`
  return html`<label class="field"><span><code>${name}</code> ${about}<span class="hidden"> (${fault})</span></span> ${input}</label>`
}

const reachFields = html`<div class="reach"><label class="field">at <select name="at">${endpointNames.map((name) => html`<option>${name}</option>`)}</select></label>
<label class="field">for the next <input type="number" name="requests" min="1" placeholder="until cleared"> requests</label>
<label class="field">on <input type="number" name="probability" data-type="percent" min="1" max="100" placeholder="100"> %</label></div>`
