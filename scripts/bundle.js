// The files of the console page as they are, and each entry of package.json as one file in dist, and what several share in chunks: a hundred small files take longer to find than to run.
import { cp, mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'
import packageJson from '../package.json' with { type: 'json' }

const entries = Object.values(packageJson.exports)
  .filter((entry) => typeof entry === 'object')
  .map((entry) => entry.default.replace('./', ''))
  .concat(Object.values(packageJson.bin)) // It imports the other entries by the package's own name, so it shares nothing with them.
  .map((file) => file.slice('dist/'.length, -'.js'.length))

const settings = {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  external: /^[^./]/,
  platform: 'node',
  logLevel: 'warn'
}

/** What a file loads is in two files, wherever else it is used: its own and what it shares with others. */
async function modulesOf(input) {
  const { output } = await build({ ...settings, input, write: false })
  const loaded = new Set([output.find(({ isEntry }) => isEntry)])
  for (const chunk of loaded)
    for (const file of chunk.imports) loaded.add(output.find(({ fileName }) => fileName === file) ?? chunk)
  return new Set([...loaded].flatMap(({ moduleIds }) => moduleIds))
}

/** What entries use that can be loaded without the main entry. Adapters and instruments get a client, so the process has loaded the main entry. */
async function modulesWithoutMain() {
  const withMain = ['index', 'adapters/index', 'opentelemetry/index']
  const input = entries.filter((entry) => !withMain.includes(entry)).map((entry) => `src/${entry}.ts`)
  const { output } = await build({ ...settings, input, write: false })
  return new Set(output.flatMap(({ moduleIds }) => moduleIds))
}

function escaped(unit) {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** One character outside Latin-1, and V8 keeps the whole file with two bytes for each. */
const oneByteForEach = {
  name: 'one-byte-for-each',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) chunk.code = chunk.code?.replace(/[^\0-\x7f]/g, escaped)
  }
}

const main = await modulesOf('src/index.ts')
const withoutMain = await modulesWithoutMain()
const tokenRequests = await modulesOf('src/connection-group/connection.ts')
await build({
  ...settings,
  input: Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`])),
  plugins: [oneByteForEach],
  output: {
    dir: 'dist',
    chunkFileNames: 'chunks/[name].js',
    codeSplitting: {
      groups: [
        { name: 'shared', test: (id) => main.has(id) && withoutMain.has(id), minShareCount: 2 },
        // The code of the main entry is a chunk, because late code uses it too. Each name that goes from one file to another needs its place in both.
        { name: 'main', test: (id) => main.has(id) && !withoutMain.has(id) && !id.endsWith('/src/index.ts') },
        { name: 'exchange', test: (id) => tokenRequests.has(id) && !main.has(id), minShareCount: 2 }
      ]
    },
    comments: { jsdoc: false } // the declarations keep them
  }
})

// Beside the chunks, which read them by a relative URL.
await mkdir(new URL('../dist/console/', import.meta.url), { recursive: true })
for (const file of ['page.js', 'page.css'])
  await cp(
    new URL(`../src/authorization-server/console/${file}`, import.meta.url),
    new URL(`../dist/console/${file}`, import.meta.url)
  )
