import { readdir, stat } from 'node:fs/promises'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'rolldown'
import { install } from '../support/installed.js'
import { atMost, rounded } from '../support/verdict.js'

export const title = 'Size, as npm installs it'

export async function run() {
  const modules = await install()
  const names = (await readdir(modules)).filter((name) => name !== 'undici' && !name.startsWith('.'))
  const sizes = await Promise.all(names.map((name) => kibibytes(`${modules}/${name}`)))
  const installed = sizes.reduce((sum, size) => sum + size, 0)
  const entry = await bundled(`${modules}/service-token-client/dist/index.js`)
  return {
    columns: ['what', 'KiB'],
    rows: [
      ...names.map((name, index) => [name, rounded(sizes[index])]),
      ['all of them', rounded(installed)],
      ['main entry, minified', rounded(entry.minified)],
      ['main entry, minified and gzipped', rounded(entry.gzipped)],
      ['main entry, minified and brotli-compressed', rounded(entry.brotli)]
    ],
    verdicts: [
      atMost('installed, without undici', installed, 1500, ' KiB'),
      atMost('main entry, minified and gzipped', entry.gzipped, 26, ' KiB')
    ]
  }
}

/** Pages and examples of ours are for readers: no program loads them. */
function isPage(folder) {
  return /service-token-client\/(docs|examples)(\/|$)/.test(folder)
}

async function kibibytes(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !isPage(entry.parentPath))
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(`${parentPath}/${name}`)).size))
  return sizes.reduce((sum, size) => sum + size, 0) / 1024
}

/** KiB of what the import of the main entry loads; what is loaded later stays outside. */
export async function bundled(entry) {
  const { output } = await build({
    input: entry,
    external: ['undici', 'jose', 'p-retry'],
    platform: 'node',
    write: false,
    output: { minify: true }
  })
  const loaded = new Set(output.filter(({ isEntry }) => isEntry))
  for (const { imports } of loaded) for (const chunk of output) if (imports.includes(chunk.fileName)) loaded.add(chunk)
  const code = Array.from(loaded, (chunk) => chunk.code).join('')
  return {
    minified: Buffer.byteLength(code) / 1024,
    gzipped: gzipSync(code, { level: 9 }).length / 1024,
    brotli: brotliCompressSync(code).length / 1024
  }
}
