// Keeps the declarations that users' types lead to, and removes the others from dist: most rooms are nobody else's business.
import { readFileSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import packageJson from '../package.json' with { type: 'json' }

const root = new URL('..', import.meta.url)
const entries = Object.values(packageJson.exports).filter((entry) => typeof entry === 'object')
const reached = new Set()
/** The compiler names a type that it has inferred by `import("…")`. */
const named = /\b(?:from |import\()['"](\.[^'"]+)\.ts['"]/g

function reach({ href }) {
  if (reached.has(href)) return
  reached.add(href)
  for (const [, specifier] of readFileSync(new URL(href), 'utf8').matchAll(named)) {
    reach(new URL(`${specifier}.d.ts`, href))
  }
}

for (const { types } of entries) reach(new URL(types, root))
const dist = new URL('dist/', root)
const declarations = (await readdir(dist, { recursive: true })).filter((file) => file.endsWith('.d.ts'))
for (const file of declarations) {
  const url = new URL(file, dist)
  if (!reached.has(url.href)) await rm(url)
}
