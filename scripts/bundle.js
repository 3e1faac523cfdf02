// Each entry of package.json as one file in dist, and what several share in chunks: a hundred small files take longer to find than to run.
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'
import packageJson from '../package.json' with { type: 'json' }

const entries = Object.values(packageJson.exports)
  .filter((entry) => typeof entry === 'object')
  .map((entry) => entry.default.replace('./', ''))
  .concat(Object.values(packageJson.bin)) // It imports the other entries by the package's own name, so it shares nothing with them.
  .map((file) => file.slice('dist/'.length, -'.js'.length))

await build({
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  input: Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`])),
  external: /^[^./]/,
  platform: 'node',
  logLevel: 'warn',
  output: { dir: 'dist', chunkFileNames: 'chunks/[name].js', comments: { jsdoc: false } } // the declarations keep them
})
