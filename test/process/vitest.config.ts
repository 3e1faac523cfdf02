import { defineConfig } from 'vitest/config'

/** Child processes and a hundred thousand calls: too slow for every run of the suite, so CI runs them beside it. */
export default defineConfig({
  test: { include: ['test/process/*.test.ts'], maxWorkers: 2, testTimeout: 30_000 }
})
