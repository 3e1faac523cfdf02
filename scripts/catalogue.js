// Matches the rows of docs/faults.md and docs/requirements.md to the titles of tests, and prints the rows without one.
// A row of a fault, or of a requirement of level M, that is neither later nor documented has to have a test.
// Field reports (W) are numbered through: each of them has to have a row.
import { readdirSync, readFileSync } from 'node:fs'

const fieldReports = Array.from({ length: 44 }, (_, index) => `W${index + 1}`)

const root = new URL('../', import.meta.url)
const read = (path) => readFileSync(new URL(path, root), 'utf8')

function rows(page) {
  return Array.from(read(page).matchAll(/^\| ([A-Z]\d+) \| (.+) \|$/gm), ([, id, rest]) => {
    const cells = rest.split(' | ')
    const kept = /^\*(later|documented)\*/.exec(cells.at(-1))?.[1] ?? 'tested'
    return { page, id, kept, demanded: cells.length < 3 || cells[1] === 'M', text: cells.at(-1) }
  })
}

/** Id → how many titles start with it, alone or among others. */
function titles() {
  const counts = new Map()
  const files = readdirSync(new URL('test/', root), { recursive: true }).filter((file) => file.endsWith('.test.ts'))
  for (const file of files)
    for (const [, ids] of read(`test/${file}`).matchAll(/['"`]((?:[A-Z]\d+ )+)\S/g))
      for (const id of ids.trim().split(' ')) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

const catalogue = [...rows('docs/faults.md'), ...rows('docs/requirements.md')]
const tests = titles()
const tested = catalogue.filter(({ id }) => tests.has(id))
const untested = catalogue.filter(({ id, kept }) => !tests.has(id) && kept === 'tested')
const missing = untested.filter(({ demanded }) => demanded)
const advice = untested.filter(({ demanded }) => !demanded)
const twice = catalogue.filter(({ id }, index) => catalogue.findIndex((row) => row.id === id) !== index)
const unanswered = fieldReports.filter((id) => !catalogue.some((row) => row.id === id))
const count = (word) => catalogue.filter(({ id, kept }) => kept === word && !tests.has(id)).length

console.log(
  `${catalogue.length} rows: ${tested.length} with a test, ${count('documented')} documented, ${count('later')} later`
)
if (advice.length > 0) console.log(`advice without a test: ${advice.map(({ id }) => id).join(' ')}`)
if (unanswered.length > 0) console.error(`field reports without a row in docs/faults.md: ${unanswered.join(' ')}`)
for (const { id, page, text } of missing) console.error(`no test starts with ${id}: ${text} (${page})`)
for (const { id, page } of twice) console.error(`${id} is there twice (${page})`)
process.exitCode = missing.length + twice.length + unanswered.length === 0 ? 0 : 1
