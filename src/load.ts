import { builtin } from './builtin.ts'

/** The process has no file descriptor left. Every other failure of `require` means that a bundler has put the package elsewhere, or that this platform cannot require it. */
const exhausted: readonly unknown[] = ['EMFILE', 'ENFILE']

/**
 * Loads a package that only some processes need. If an `import()` fails once because no file descriptor is left, Node 20 lets it fail
 * for the rest of the process. `require` can be repeated. `bundled` finds a package that a bundler has inlined,
 * and the one of this realm: a test runner that runs ES modules in a `vm` context has its own `Error`, which a required package would not know.
 */
export function load<Module>(name: string, bundled: () => Promise<Module>): Module | Promise<Module> {
  try {
    const require = builtin.module.createRequire(import.meta.url)
    if (!(require instanceof Function)) return bundled()
    return require(name)
  } catch (error) {
    if (exhausted.includes((error as NodeJS.ErrnoException).code)) throw error
    return bundled()
  }
}
