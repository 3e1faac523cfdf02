import type { Explanation } from './explain.ts'

/** An undici interceptor for `compose()` of every supported version. It can explain what it would do with a URL. */
export interface BearerInterceptor {
  (dispatch: (options: never, handler: never) => boolean): (options: unknown, handler: unknown) => boolean
  explain(url: string | URL): Explanation
}
