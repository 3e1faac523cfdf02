import type { Explanation } from './explain.ts'

/** A `fetch` that can say what it would do with a URL. */
export type BearerFetch = typeof globalThis.fetch & { explain(url: string | URL): Explanation }
