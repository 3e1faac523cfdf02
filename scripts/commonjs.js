// For jest without ES modules and for TypeScript's CommonJS: beside each entry a `.cjs` that loads it with Node's own `require`, and its types.
// Node and bundlers never see them: they load the entry itself, by the conditions `module-sync` and `module`.
import { readFile, writeFile } from 'node:fs/promises'
import packageJson from '../package.json' with { type: 'json' }

const root = new URL('..', import.meta.url)
const comment = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm
const exportList = /^export (?:type )?\{([^}]*)\}/gm

for (const { default: file, require: commonJs } of Object.values(packageJson.exports)) {
  if (commonJs === undefined) continue
  const name = file.slice(file.lastIndexOf('/') + 1)
  await writeFile(new URL(commonJs.default, root), shim(name))
  const values = await import(new URL(file, root).href)
  await writeFile(new URL(commonJs.types, root), await types(file, name, values))
}

/** A test runner's sandbox has a `require` of its own, which loads no ES module; the process outside has Node's. */
function shim(name) {
  return `'use strict'
const { getBuiltinModule } = require('node:vm').runInThisContext('process')
module.exports = getBuiltinModule('node:module').createRequire(__filename)('./${name}')
`
}

/** A CommonJS file may name the types of an ES module, one by one. */
async function types(file, name, values) {
  const declarations = await readFile(new URL(file.replace(/\.js$/, '.d.ts'), root), 'utf8')
  const names = Array.from(declarations.replace(comment, '').matchAll(exportList), ([, list]) => list.split(','))
    .flat()
    .map((member) =>
      member
        .trim()
        .replace(/^type /, '')
        .replace(/^.* as /, '')
    )
    .filter((member) => member !== '')
  const module = `import('./${name}', { with: { 'resolution-mode': 'import' } })`
  const isClass = (member) => /^class\b/.test(String(values[member]))
  const onlyTypes = names.filter((member) => !(member in values))
  const valueLines = Object.keys(values).flatMap((member) => [
    `export declare const ${member}: typeof ${module}.${member}`,
    ...(isClass(member) ? [`export type ${member} = ${module}.${member}`] : [])
  ])
  const typeLine = `export type { ${onlyTypes.join(', ')} } from './${name}' with { 'resolution-mode': 'import' }`
  return [...(onlyTypes.length === 0 ? [] : [typeLine]), ...valueLines, ''].join('\n')
}
