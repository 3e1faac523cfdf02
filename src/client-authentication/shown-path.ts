import { builtin } from '../builtin.ts'

/**
 * What a message may show of a path: all of it if something exists there, and otherwise the part of it that exists. The text can
 * be the secret itself, given instead of its path.
 */
export function shownPath(path: string): string {
  if (exists(path)) return ` ${path}`
  const variable = variableThatHolds(path)
  if (variable !== undefined) return ` whose path is in the environment variable ${variable}`
  const folder = existingFolder(path)
  return folder === undefined ? '' : ` that is not in ${folder}`
}

/** The name of the environment variable whose value was given by mistake. */
export function variableThatHolds(value: string): string | undefined {
  return Object.entries(process.env).find(([, held]) => held === value)?.[0]
}

function existingFolder(path: string): string | undefined {
  const end = path.lastIndexOf('/')
  if (end <= 0) return undefined
  const folder = path.slice(0, end)
  return exists(folder) ? folder : existingFolder(folder)
}

/** Where a process may read certain files only, the platform throws for all others, and its error names the path. */
function exists(path: string): boolean {
  try {
    return builtin.fs.existsSync(path)
  } catch {
    return false
  }
}
