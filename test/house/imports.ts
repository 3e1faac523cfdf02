import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

export interface Import {
  readonly specifier: string
  /** `type` is erased by the compiler, `static` loads with the file, `dynamic` when the line runs. */
  readonly kind: 'type' | 'static' | 'dynamic'
}

/** Path from the repository's root → its imports, for every file below `folder`. */
export type Sources = ReadonlyMap<string, readonly Import[]>

// Under `verbatimModuleSyntax` only `import type` and `export type` vanish; `import { type A }` still loads the module.
const statement = /^(?:import|export)\s+(type\s+)?(?:[\w*{][^'"`;]*?\sfrom\s+)?'([^']+)'/gm
const call = /(typeof\s+)?\bimport\(\s*'([^']+)'\s*\)/g
const comment = /^\s*\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm

export function readImports(source: string): Import[] {
  const code = source.replace(comment, '')
  return [
    ...Array.from(code.matchAll(statement), ([, type, specifier = '']) => ({
      specifier,
      kind: type === undefined ? ('static' as const) : ('type' as const)
    })),
    ...Array.from(code.matchAll(call), ([, type, specifier = '']) => ({
      specifier,
      kind: type === undefined ? ('dynamic' as const) : ('type' as const)
    }))
  ]
}

export function readSources(folder: string): Sources {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  return new Map(
    files
      .filter((file) => file.endsWith('.ts'))
      .map((file) => [join(folder, file), readImports(readFileSync(join(root, folder, file), 'utf8'))])
  )
}

export function isOwn({ specifier }: Import): boolean {
  return specifier.startsWith('.')
}

/** The file that `file` means by a relative specifier, as a path from the repository's root. */
export function resolveImport(file: string, { specifier }: Import): string {
  return relative(root, join(root, dirname(file), specifier))
}

/** Every file that is loaded with `entry`, itself included, by imports of the given kinds. */
export function reach(sources: Sources, entry: string, kinds: readonly Import['kind'][]): Set<string> {
  const reached = new Set([entry])
  for (const file of reached)
    for (const found of sources.get(file) ?? [])
      if (isOwn(found) && kinds.includes(found.kind)) reached.add(resolveImport(file, found))
  return reached
}

/** The folder below `src`, or the name of a file that stands beside the folders. */
export function room(file: string): string {
  const [, first = ''] = file.split('/')
  return first.replace(/\.ts$/, '')
}
