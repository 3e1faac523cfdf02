import type { Explanation } from './explain.ts'
import type { TokenOptions, tokenOptions } from './token-options.ts'

type Fetch = typeof globalThis.fetch
type Init = NonNullable<Parameters<Fetch>[1]> & { readonly [tokenOptions]?: TokenOptions | undefined }

/** A `fetch` that accepts token options for one call, and can explain what it would do with a URL. */
export interface BearerFetch {
  (input: Parameters<Fetch>[0], init?: Init): Promise<Response>
  explain(url: string | URL): Explanation
}
