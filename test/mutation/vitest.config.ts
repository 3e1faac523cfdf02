import { defineConfig } from 'vitest/config'

const rooms = ['token', 'token-endpoint', 'cache', 'client-authentication', 'http', 'bearer']

/** The tests beside the rooms that are mutated: quick, and without child processes. */
export default defineConfig({
  test: { include: rooms.map((room) => `test/${room}/*.test.ts`), testTimeout: 15_000 }
})
