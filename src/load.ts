import { builtin } from './builtin.ts'

/** The package is not where Node looks for it, or cannot be required: a bundler has put it elsewhere, or Node is too old. */
const notThere: readonly unknown[] = [
  'MODULE_NOT_FOUND',
  'ERR_MODULE_NOT_FOUND',
  'ERR_REQUIRE_ESM',
  'ERR_REQUIRE_ASYNC_MODULE'
]

/**
 * Loads a package that only some processes need. An `import()` that fails once, because there is no file descriptor left, fails on
 * Node 20 for as long as the process lives; `require` can be repeated. What a bundler has inlined is found by `bundled`.
 */
export function load<Module>(name: string, bundled: () => Promise<Module>): Module | Promise<Module> {
  try {
    return builtin.module.createRequire(import.meta.url)(name)
  } catch (error) {
    if (notThere.includes((error as NodeJS.ErrnoException).code)) return bundled()
    throw error
  }
}
