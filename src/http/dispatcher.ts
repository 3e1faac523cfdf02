/**
 * The part of undici's `Dispatcher` that is needed, for every supported version. The declarations of this package do not name undici,
 * so they work if it is not installed, or if there are two copies of it.
 */
export interface Dispatcher {
  dispatch(options: never, handler: never): boolean
}
