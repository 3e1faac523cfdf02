import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/fuzz/*.fuzz.ts'],
    reporters: ['verbose'], // the titles hold the seeds
    maxWorkers: 2,
    testTimeout: 0 // test/fuzz/watch.ts ends what hangs
  }
})
