import { defineConfig } from 'vitest/config'

// UNDICI=8 puts undici 8 in the place of undici, for sources and tests alike.
const alias = process.env.UNDICI === '8' ? { undici: 'undici8' } : {}

export default defineConfig({
  test: {
    alias,
    include: ['test/**/*.test.ts'],
    testTimeout: 15_000
  }
})
