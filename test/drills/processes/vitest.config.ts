import { defineConfig } from 'vitest/config'

/** Hundreds of processes in real time: CI runs them beside the suite, one drill at a time. */
export default defineConfig({
  test: {
    include: ['test/drills/processes/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000
  }
})
