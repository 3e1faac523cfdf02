/**
 * An undici `Dispatcher`, of any version that is supported: what is needed of its type. The declarations of this package do not name undici,
 * so they hold where it is not installed, or where there are two of it.
 */
export interface Dispatcher {
  dispatch(options: never, handler: never): boolean
}
