import type { TokenSource } from '../token/token-source.ts'
import type { Destination } from './destination.ts'
import type { Dispatch, DispatchOptions } from './dispatch.ts'
import type { HeaderFields } from './header-fields.ts'
import type { EmitRejected } from './rejection.ts'
import type { Route } from './routes.ts'

export interface Spending {
  readonly source: TokenSource
  readonly emit: EmitRejected
}

/** The dispatcher that an interceptor was composed on, and what it spends there. */
export interface Composition extends Spending {
  readonly dispatch: Dispatch
  /** Sees where the dispatcher sends, if it does not tell. */
  readonly destination: Destination | undefined
}

/** What is sent with a token, by one attempt or two. */
export interface BearerRequest {
  readonly composition: Composition
  /** Without headers. */
  readonly options: DispatchOptions
  readonly fields: HeaderFields
  readonly route: Route
}
