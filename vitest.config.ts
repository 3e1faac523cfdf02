import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// The one place that chooses undici's major, for sources and tests alike: 8 where Node can load it, unless UNDICI=7.
const { UNDICI, UNDICI_FOLDER } = process.env
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const newest = major > 22 || (major === 22 && minor >= 19) ? '8' : '7'
const chosen = UNDICI ?? newest

/** `undici` stands for the chosen major; UNDICI_FOLDER for a certain version of it. */
const undici = UNDICI_FOLDER ?? (chosen === '8' ? 'undici8' : 'undici')

/** grpc-js uses a proxy of the environment also for loopback. */
const noProxies = Object.fromEntries(
  ['grpc_proxy', 'http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NODE_USE_ENV_PROXY'].map((name) => [
    name,
    ''
  ])
)

/** The command line imports the package by its name: in tests that is the source. */
function source(file: string): string {
  return fileURLToPath(new URL(`src/${file}`, import.meta.url))
}

export default defineConfig({
  test: {
    alias: [
      { find: /^undici$/, replacement: undici },
      { find: /^service-token-client$/, replacement: source('index.ts') },
      { find: /^service-token-client\/([\w-]+)$/, replacement: source('$1/index.ts') }
    ],
    env: { UNDICI: chosen, ...noProxies },
    include: ['test/**/*.test.ts'],
    exclude: ['test/process/**', 'test/fleet/**', 'test/drills/processes/**'], // npm run test:process, test:fleet and drills
    maxWorkers: 2, // both cores: the default leaves one idle
    testTimeout: 15_000,
    expect: { poll: { timeout: 10_000 } } // what comes on a busy machine comes later than after the usual second
  }
})
