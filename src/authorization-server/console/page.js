// The server renders this page. This script updates it, sends changes, and follows the events.
const api = '/admin/api'
const find = (selector, root = document) => root.querySelector(selector)
const all = (selector, root = document) => [...root.querySelectorAll(selector)]
const dialog = find('#dialog')
const lines = find('#lines')
/** How many ms the server's clock is ahead of ours. */
const ahead = Number(document.documentElement.dataset.now) - Date.now()

/** In the reader's zone; `hour12` may say 24:00. */
function writeTimes(root) {
  for (const time of all('time[data-time]', root)) {
    const at = new Date(Number(time.dataset.time))
    const today = at.toDateString() === new Date().toDateString()
    time.textContent = at[today ? 'toLocaleTimeString' : 'toLocaleString']([], { hourCycle: 'h23' })
  }
}

const units = [
  ['d', 86400],
  ['h', 3600],
  ['min', 60],
  ['s', 1]
]

function span(seconds) {
  const parts = []
  for (const [name, length] of units) {
    const count = Math.floor(seconds / length)
    seconds -= count * length
    if (count > 0) parts.push(`${count} ${name}`)
  }
  return parts.slice(0, 2).join(' ') || '0 s'
}

setInterval(() => {
  for (const element of all('[data-until]')) {
    const left = Math.ceil((Number(element.dataset.until) - Date.now() - ahead) / 1000)
    element.textContent = span(Math.max(0, left))
    if (left <= 0) refresh(500)
  }
}, 1000)

// Updating the page

let shown = 0
let planned

/** Loads a URL of this page and updates what differs, so that the focus is kept. */
async function show(url, { push = false, withLines = false } = {}) {
  const mine = ++shown
  if (push) {
    history.pushState(null, '', url)
    clean()
  }
  const response = await fetch(url).catch(() => undefined)
  const text = await response?.text()
  if (text === undefined || mine !== shown) return
  const next = new DOMParser().parseFromString(text, 'text/html')
  if (!find('#head', next)) return location.reload() // the session has ended
  for (const id of ['#head', '#band', '#overview', '#inspector', ...(withLines ? ['#lines'] : [])])
    morph(find(id), find(id, next))
  writeTimes(document)
  prepareCells()
}

/** Several calls within `delay` ms update the page once. */
function refresh(delay) {
  if (planned) return
  planned = setTimeout(() => {
    planned = undefined
    show(location.href)
  }, delay)
}

/** Changes one tree into another. A form that somebody fills in and open details stay as they are. */
function morph(old, next) {
  if (old.nodeName !== next.nodeName) return old.replaceWith(next)
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== next.data) old.data = next.data
    return
  }
  if (old.matches('form.dirty')) return
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name) && name !== 'open') old.removeAttribute(name)
  for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value)
  const before = [...old.childNodes]
  const after = [...next.childNodes]
  after.forEach((child, index) => {
    if (before[index]) morph(before[index], child)
    else old.append(child)
  })
  for (const child of before.slice(after.length)) child.remove()
  if (!('value' in old) || old === document.activeElement) return
  if (old.value !== next.value) old.value = next.value
  old.checked = next.checked
}

function clean() {
  for (const form of all('form.dirty')) form.classList.remove('dirty')
}

// Clicks and forms

function toast(text, bad) {
  const element = find('#toast')
  element.textContent = text
  element.className = bad ? 'bad shown' : 'shown'
  clearTimeout(toast.timer)
  toast.timer = setTimeout(() => element.classList.remove('shown'), bad ? 12000 : 6000)
}

async function openDialog(url) {
  const response = await fetch(url)
  const text = await response.text()
  if (!response.ok) return toast(JSON.parse(text).error_description, true)
  dialog.innerHTML = text
  writeTimes(dialog)
  dialog.showModal()
}

async function call(element, body) {
  const [method, path] = element.dataset.call.split(' ')
  const init =
    method === 'DELETE' ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await fetch(api + path, { method, ...init })
  const answer = response.status === 204 ? {} : await response.json()
  if (!response.ok) return toast(answer.error_description, true)
  if (dialog.open) dialog.close()
  clean()
  if (answer.changes) toast(answer.changes.map(({ text }) => text).join(' ') || 'Nothing has changed.')
  const url = new URL(element.dataset.go ?? location.href, location.href)
  url.searchParams.delete('propose')
  await show(url.href, { push: url.href !== location.href })
}

/** A form as JSON, without empty fields. */
function bodyOf(form) {
  const body = {}
  for (const { name, value, type, checked, dataset } of form.elements) {
    if (name === '' || value === '' || (type === 'radio' && !checked)) continue
    if (dataset.type === 'merge') Object.assign(body, JSON.parse(value))
    else if (dataset.type === 'percent') body[name] = Number(value) / 100
    else if (dataset.type === 'loose') body[name] = looselyRead(value)
    else body[name] = type === 'number' ? Number(value) : value
  }
  return body
}

function looselyRead(text) {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

document.addEventListener('click', (event) => {
  const target = event.target.closest('a, button')
  if (target === null || event.ctrlKey || event.metaKey || event.shiftKey) return
  const { call: calls, body = '{}', dialog: url, close } = target.dataset
  if (calls !== undefined) call(target, JSON.parse(body))
  else if (url !== undefined) openDialog(url)
  else if (close !== undefined) dialog.close()
  else if (target.getAttribute('href')?.match(/^\/(\?|$)/)) show(target.getAttribute('href'), { push: true })
  else return
  event.preventDefault()
})

document.addEventListener('submit', (event) => {
  const form = event.target
  event.preventDefault()
  const { login, filter: filters, dialog: url, call: calls } = form.dataset
  if (login !== undefined) logIn(form)
  else if (filters !== undefined) filter(form)
  else if (url !== undefined) openDialog(`${url}&${new URLSearchParams(new FormData(form))}`)
  else if (calls !== undefined) call(form, bodyOf(form))
})

async function logIn(form) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(bodyOf(form)) }
  const response = await fetch(`${api}/session`, init)
  if (response.ok) location.reload()
  else toast((await response.json()).error_description, true)
}

function filter(form) {
  const fields = [...new FormData(form)].filter(([, value]) => value !== '' && value !== 'table')
  show(`/?${new URLSearchParams(fields)}`, { push: true })
}

document.addEventListener('input', ({ target }) => {
  const form = target.closest('form[data-filter]')
  if (!form) return target.closest('main form')?.classList.add('dirty')
  clearTimeout(filter.timer)
  filter.timer = setTimeout(() => filter(form), target.type === 'search' ? 250 : 0)
})

addEventListener('popstate', () => show(location.href))

// Keyboard

/** Makes the whole table one Tab stop. Arrow keys move between its cells. */
function prepareCells() {
  const cells = all('.matrix td a')
  const stop = cells.find((cell) => cell === document.activeElement || cell.ariaCurrent) ?? cells[0]
  for (const cell of cells) cell.tabIndex = cell === stop ? 0 : -1
}

const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }

function moveInTable(event) {
  const cell = event.target.closest?.('.matrix td')
  if (!cell || !(event.key in steps)) return
  const [down, right] = steps[event.key]
  const row = cell.closest('table').rows[cell.parentElement.rowIndex + down]
  const next = row && find('a', row.cells[cell.cellIndex + right] ?? document.createElement('i'))
  if (!next) return
  event.preventDefault()
  event.target.tabIndex = -1
  next.tabIndex = 0
  next.focus()
}

const shortcuts = {
  '?': () => find('#keys').click(),
  '/': () => find('#filter')?.focus(),
  u: () => find('#undo')?.click(),
  p: () => find('#pause').click(),
  Escape: () => find('#close')?.click(),
  ...Object.fromEntries([0, 1, 2].map((index) => [index + 1, () => all('#head nav a')[index].click()]))
}

document.addEventListener('keydown', (event) => {
  moveInTable(event)
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)
  if (typing || dialog?.open || event.ctrlKey || event.metaKey || event.altKey || !find('#head')) return
  if (!Object.hasOwn(shortcuts, event.key)) return
  event.preventDefault()
  shortcuts[event.key]()
})

// Events

let held = []
let pointed = false
const paused = () => pointed || find('#pause').ariaPressed === 'true'

function addLines() {
  find('#waiting').textContent = paused() && held.length > 0 ? `${held.length} new` : ''
  if (paused()) return
  for (const text of held) lines.insertAdjacentHTML('afterbegin', text)
  if (held.length > 0) find('#no-lines')?.remove()
  held = []
  while (lines.children.length > Number(lines.dataset.most)) lines.lastElementChild.remove()
  writeTimes(lines)
}

function follow() {
  const events = new EventSource('/console/events')
  let lost = false
  for (const kind of ['request', 'registry', 'fault', 'keys', 'file'])
    events.addEventListener(kind, ({ data }) => {
      held = [...held, data].slice(-Number(lines.dataset.most))
      addLines()
      refresh(kind === 'request' ? 1500 : 100)
    })
  events.onerror = () => {
    lost = true
  }
  events.onopen = () => {
    if (lost) show(location.href, { withLines: true })
    lost = false
  }
}

if (lines !== null) {
  lines.addEventListener('pointerenter', () => {
    pointed = true
  })
  lines.addEventListener('pointerleave', () => {
    pointed = false
    addLines()
  })
  find('#pause').addEventListener('click', ({ target }) => {
    target.ariaPressed = String(target.ariaPressed !== 'true')
    addLines()
  })
  find('#live-filter').addEventListener('change', ({ target }) => {
    lines.dataset.show = target.value
  })
  writeTimes(document)
  prepareCells()
  follow()
}
