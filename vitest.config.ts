import { defineConfig } from 'vitest/config'

// The one place that chooses undici's major, for sources and tests alike: 8 where Node can load it, unless UNDICI=7.
const { UNDICI, UNDICI_FOLDER } = process.env
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const newest = major > 22 || (major === 22 && minor >= 19) ? '8' : '7'
const chosen = UNDICI ?? newest

/** `undici` stands for the chosen major; UNDICI_FOLDER for a certain version of it. */
const undici = UNDICI_FOLDER ?? (chosen === '8' ? 'undici8' : 'undici')

export default defineConfig({
  test: {
    alias: { undici },
    env: { UNDICI: chosen },
    include: ['test/**/*.test.ts'],
    exclude: ['test/process/**'], // npm run test:process
    testTimeout: 15_000
  }
})
