/**
 * Modules of Node that only some programs need. With a static import every program would wait for them. Each one is the module object that
 * `require` returns, so a mock or a tracer that was put into it is used.
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
