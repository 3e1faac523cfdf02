/** Node's own modules that only some methods need. A static import would make every program wait for them. */
export const builtin = {
  get crypto(): typeof import('node:crypto') {
    return process.getBuiltinModule('node:crypto')
  },
  get fs(): typeof import('node:fs') {
    return process.getBuiltinModule('node:fs')
  }
}
