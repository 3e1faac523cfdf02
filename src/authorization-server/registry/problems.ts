import { ClientConfigurationError } from '../../errors.ts'
import { knownNames } from '../../known-names.ts'

/** The way to a value inside a JSON document: `['clients', 0, 'scope']`. */
export type Path = readonly (string | number)[]

/** One thing that is wrong with a document. The sentence holds no secret. */
export interface Problem {
  readonly path: Path
  readonly sentence: string
}

export type Report = (path: Path, sentence: string) => void

/** `clients[0].may.users` */
export function pathText(path: Path): string {
  return path
    .map((step) => {
      if (typeof step === 'number') return `[${step}]`
      return /^[\w$]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
    })
    .join('')
    .replace(/^\./, '')
}

const mostShown = 10

/** One error for all problems, a line each. `place` says where in its source a problem is. */
export function problemsError(problems: readonly Problem[], place: (path: Path) => string): ClientConfigurationError {
  const lines = problems.slice(0, mostShown).map(({ path, sentence }) => `${place(path)}: ${sentence}`)
  const more = problems.length - lines.length
  const text = more > 0 ? [...lines, `… and ${more} more.`] : lines
  return new ClientConfigurationError('ERR_INVALID_OPTION', text.join('\n'))
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reports each member of `what` that `known` does not name. */
export function reportUnknown(what: string, value: object, known: readonly string[], path: Path, report: Report): void {
  for (const name of Object.keys(value))
    if (!known.includes(name))
      report([...path, name], `${what} has the unknown field ${name}. ${knownNames(name, known)}`)
}
