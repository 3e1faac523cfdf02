import { defineConfig } from 'vitest/config'

/** Fifty processes and a real Redis: CI runs them beside the suite, one drill at a time. */
export default defineConfig({
  test: { include: ['test/fleet/*.test.ts'], fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 }
})
