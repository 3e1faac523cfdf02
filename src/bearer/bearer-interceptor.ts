import type { Explanation } from './explain.ts'

/** An undici interceptor, as `compose()` of any supported version takes it, that can say what it would do with a URL. */
export interface BearerInterceptor {
  (dispatch: (options: never, handler: never) => boolean): (options: unknown, handler: unknown) => boolean
  explain(url: string | URL): Explanation
}
