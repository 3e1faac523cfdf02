import { defineConfig } from 'vitest/config'

const { UNDICI, UNDICI_FOLDER } = process.env

/** UNDICI=8 puts undici 8 in the place of undici, for sources and tests alike; UNDICI_FOLDER a certain version of either major. */
function alias(): Record<string, string> {
  if (UNDICI_FOLDER !== undefined) return { undici8: UNDICI_FOLDER, undici: UNDICI_FOLDER }
  return UNDICI === '8' ? { undici: 'undici8' } : {}
}

export default defineConfig({
  test: {
    alias: alias(),
    include: ['test/**/*.test.ts'],
    testTimeout: 15_000
  }
})
