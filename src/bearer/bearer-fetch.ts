import type { Explanation } from './explain.ts'
import type { TokenOptions, tokenOptions } from './token-options.ts'

type Fetch = typeof globalThis.fetch
type Init = NonNullable<Parameters<Fetch>[1]> & { readonly [tokenOptions]?: TokenOptions | undefined }

/** A `fetch` that can say what it would do with a URL, and takes what one call wants of its token. */
export interface BearerFetch {
  (input: Parameters<Fetch>[0], init?: Init): Promise<Response>
  explain(url: string | URL): Explanation
}
