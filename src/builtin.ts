import { TokenClientError } from './errors.ts'

type Modules = {
  readonly 'node:crypto': typeof import('node:crypto')
  readonly 'node:fs': typeof import('node:fs')
  readonly 'node:http': typeof import('node:http')
  readonly 'node:https': typeof import('node:https')
  readonly 'node:module': typeof import('node:module')
  readonly 'node:path': typeof import('node:path')
  readonly 'node:tls': typeof import('node:tls')
  readonly 'node:worker_threads': typeof import('node:worker_threads')
}

/**
 * Modules of Node that only some programs need. With a static import every program would wait for them. Each one is the module object that
 * `require` returns, so a mock or a tracer that was put into it is used. Throws `ERR_UNSUPPORTED_PLATFORM` where there is none.
 */
export const builtin = {
  get crypto() {
    return moduleOf('node:crypto')
  },
  get fs() {
    return moduleOf('node:fs')
  },
  get http() {
    return moduleOf('node:http')
  },
  get https() {
    return moduleOf('node:https')
  },
  get module() {
    return moduleOf('node:module')
  },
  get path() {
    return moduleOf('node:path')
  },
  get tls() {
    return moduleOf('node:tls')
  },
  get workerThreads() {
    return moduleOf('node:worker_threads')
  }
}

function moduleOf<Name extends keyof Modules>(name: Name): Modules[Name] {
  return (process.getBuiltinModule(name) as Modules[Name] | undefined) ?? lacking(`This platform has no ${name}`)
}

/** Platforms other than Node have some of its modules, or parts of them. */
export function lacking(what: string, cause?: unknown): never {
  const remedy =
    'createFetch works without it, and so does a client with a clientSecret as a string and the option fetch.'
  throw new TokenClientError('ERR_UNSUPPORTED_PLATFORM', `${what}. ${remedy}`, { transient: false, cause })
}
