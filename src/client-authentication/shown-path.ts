import { builtin } from '../builtin.ts'

/**
 * What a message may show of a path that was given: all of it when something is there, else the folder that there is. What was
 * given can be the secret itself, where its path belongs.
 */
export function shownPath(path: string): string {
  if (builtin.fs.existsSync(path)) return ` ${path}`
  const variable = variableThatHolds(path)
  if (variable !== undefined) return ` whose path is in the environment variable ${variable}`
  const folder = existingFolder(path)
  return folder === undefined ? '' : ` that is not in ${folder}`
}

/** The name of the environment variable whose value was given in place of something else. */
export function variableThatHolds(value: string): string | undefined {
  return Object.entries(process.env).find(([, held]) => held === value)?.[0]
}

function existingFolder(path: string): string | undefined {
  const end = path.lastIndexOf('/')
  if (end <= 0) return undefined
  const folder = path.slice(0, end)
  return builtin.fs.existsSync(folder) ? folder : existingFolder(folder)
}
