/**
 * Node's own modules that only some programs need: a static import would make every program wait for them. Each is the module object that
 * `require` gives, so what a mock or a tracer has put into it is used.
 */
export const builtin = {
  get crypto(): typeof import('node:crypto') {
    return process.getBuiltinModule('node:crypto')
  },
  get fs(): typeof import('node:fs') {
    return process.getBuiltinModule('node:fs')
  },
  get http(): typeof import('node:http') {
    return process.getBuiltinModule('node:http')
  },
  get https(): typeof import('node:https') {
    return process.getBuiltinModule('node:https')
  },
  get module(): typeof import('node:module') {
    return process.getBuiltinModule('node:module')
  },
  get path(): typeof import('node:path') {
    return process.getBuiltinModule('node:path')
  },
  get tls(): typeof import('node:tls') {
    return process.getBuiltinModule('node:tls')
  },
  get workerThreads(): typeof import('node:worker_threads') {
    return process.getBuiltinModule('node:worker_threads')
  }
}
