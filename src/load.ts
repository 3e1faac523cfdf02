import { builtin } from './builtin.ts'

/** Node cannot find or require the package, because a bundler has put it elsewhere or Node is too old. */
const notThere: readonly unknown[] = [
  'MODULE_NOT_FOUND',
  'ERR_MODULE_NOT_FOUND',
  'ERR_REQUIRE_ESM',
  'ERR_REQUIRE_ASYNC_MODULE'
]

/**
 * Loads a package that only some processes need. If an `import()` fails once because no file descriptor is left, Node 20 lets it fail
 * for the rest of the process. `require` can be repeated. `bundled` finds a package that a bundler has inlined.
 */
export function load<Module>(name: string, bundled: () => Promise<Module>): Module | Promise<Module> {
  try {
    return builtin.module.createRequire(import.meta.url)(name)
  } catch (error) {
    if (notThere.includes((error as NodeJS.ErrnoException).code)) return bundled()
    throw error
  }
}
